import type { Points } from '@tidewatch/contracts';

/** The points that a chart holds, ascending by time, each time once. History and live points arrive in any order. */
export class ChartPoints {
  #timeMs: number[] = [];
  #value: number[] = [];

  /** When there are more than `capacity` points, all are thinned to the extremes: a line through them looks the same. */
  constructor(private readonly capacity = 20_000) {}

  get length(): number {
    return this.#timeMs.length;
  }

  get newestMs(): number | undefined {
    return this.#timeMs.at(-1);
  }

  clear(): void {
    this.#timeMs = [];
    this.#value = [];
  }

  /** `points` are ascending by time. Of two points at one time the one that came first stays. */
  add(points: Points): void {
    if (points.timeMs.length === 0) return;
    const newest = this.newestMs;
    if (newest === undefined || points.timeMs[0]! > newest) {
      this.#push(points, 0);
    } else {
      this.#merge(points);
    }
    this.#thin();
  }

  /** Columns for the chart: from `fromMs` on, with one point before it so that the line reaches the edge. */
  from(fromMs: number): [timeMs: number[], value: number[]] {
    const start = Math.max(0, lowerBound(this.#timeMs, fromMs) - 1);
    return [this.#timeMs.slice(start), this.#value.slice(start)];
  }

  /** Count, lowest, highest and mean of the points from `fromMs` on, and the newest; undefined when there are none. */
  summary(fromMs: number) {
    const start = lowerBound(this.#timeMs, fromMs);
    const count = this.length - start;
    if (count === 0) return undefined;
    let min = Infinity;
    let max = -Infinity;
    let sum = 0;
    for (let i = start; i < this.length; i++) {
      const value = this.#value[i]!;
      if (value < min) min = value;
      if (value > max) max = value;
      sum += value;
    }
    return { count, min, max, mean: sum / count, last: this.#value.at(-1)!, lastMs: this.newestMs! };
  }

  #push(points: Points, from: number): void {
    let newest = this.newestMs ?? -Infinity;
    for (let i = from; i < points.timeMs.length; i++) {
      if (points.timeMs[i]! <= newest) continue;
      newest = points.timeMs[i]!;
      this.#timeMs.push(newest);
      this.#value.push(points.value[i]!);
    }
  }

  #merge(points: Points): void {
    const [oldTime, oldValue] = [this.#timeMs, this.#value];
    const cut = lowerBound(oldTime, points.timeMs[0]!);
    this.#timeMs = oldTime.slice(0, cut);
    this.#value = oldValue.slice(0, cut);
    let next = 0;
    for (let i = cut; i < oldTime.length; i++) {
      while (next < points.timeMs.length && points.timeMs[next]! < oldTime[i]!) {
        this.#push({ timeMs: [points.timeMs[next]!], value: [points.value[next]!] }, 0);
        next++;
      }
      this.#push({ timeMs: [oldTime[i]!], value: [oldValue[i]!] }, 0);
    }
    this.#push(points, next);
  }

  /** Of every four points the lowest and the highest stay. */
  #thin(): void {
    if (this.length <= this.capacity) return;
    const timeMs: number[] = [];
    const value: number[] = [];
    for (let begin = 0; begin < this.length; begin += 4) {
      const end = Math.min(begin + 4, this.length);
      let low = begin;
      let high = begin;
      for (let i = begin + 1; i < end; i++) {
        if (this.#value[i]! < this.#value[low]!) low = i;
        if (this.#value[i]! >= this.#value[high]!) high = i;
      }
      for (const i of low === high ? [low] : [Math.min(low, high), Math.max(low, high)]) {
        timeMs.push(this.#timeMs[i]!);
        value.push(this.#value[i]!);
      }
    }
    if (timeMs.at(-1) !== this.newestMs) {
      timeMs.push(this.newestMs!);
      value.push(this.#value.at(-1)!);
    }
    this.#timeMs = timeMs;
    this.#value = value;
  }
}

/** Index of the first element that is not below `wanted`. */
function lowerBound(ascending: readonly number[], wanted: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
