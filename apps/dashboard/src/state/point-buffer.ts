import type { Points } from '@tidewatch/contracts';

const BYTES_PER_POINT = 16;
const INITIAL_CAPACITY = 32;

/**
 * The newest points of one series, ascending by event time, each time once (the first one stands, as in the store).
 * Grows by doubling up to `maxCapacity`; when full, the older half goes, so it always holds at least the newest half.
 */
export class PointBuffer {
  #timeUs = new Float64Array(INITIAL_CAPACITY);
  #value = new Float64Array(INITIAL_CAPACITY);
  #length = 0;
  /** Points at or before this time have been let go: later arrivals of that age are not wanted either. */
  #forgottenUpToUs = -Infinity;

  constructor(private readonly maxCapacity: number) {}

  static readonly initialBytes = INITIAL_CAPACITY * BYTES_PER_POINT;

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#timeUs.length * BYTES_PER_POINT;
  }

  /** Forgets all points; the memory stays. */
  clear(): void {
    this.#length = 0;
    this.#forgottenUpToUs = -Infinity;
  }

  /**
   * Adds a point; false when there is one of that time, or it is too old to be kept.
   * `mayGrow(bytes)` is asked for each growth; when it says no, the oldest points make room.
   */
  add(timeUs: number, value: number, mayGrow: (bytes: number) => boolean): boolean {
    if (timeUs <= this.#forgottenUpToUs) return false;
    if (this.#length === this.#timeUs.length) this.#makeRoom(mayGrow);
    const end = this.#length;
    if (end === 0 || timeUs > this.#timeUs[end - 1]!) {
      this.#timeUs[end] = timeUs;
      this.#value[end] = value;
      this.#length++;
      return true;
    }
    return this.#insert(timeUs, value);
  }

  /** A copy as columns, times in milliseconds. */
  toPoints(): Points {
    const timeMs = new Array<number>(this.#length);
    const value = new Array<number>(this.#length);
    for (let i = 0; i < this.#length; i++) {
      timeMs[i] = this.#timeUs[i]! / 1000;
      value[i] = this.#value[i]!;
    }
    return { timeMs, value };
  }

  #insert(timeUs: number, value: number): boolean {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#timeUs[middle]! < timeUs) low = middle + 1;
      else high = middle;
    }
    if (this.#timeUs[low] === timeUs || timeUs <= this.#forgottenUpToUs) return false;
    this.#timeUs.copyWithin(low + 1, low, this.#length);
    this.#value.copyWithin(low + 1, low, this.#length);
    this.#timeUs[low] = timeUs;
    this.#value[low] = value;
    this.#length++;
    return true;
  }

  #makeRoom(mayGrow: (bytes: number) => boolean): void {
    const capacity = this.#timeUs.length;
    const wanted = Math.min(capacity * 2, this.maxCapacity);
    if (wanted > capacity && mayGrow((wanted - capacity) * BYTES_PER_POINT)) {
      this.#timeUs = widened(this.#timeUs, wanted);
      this.#value = widened(this.#value, wanted);
      return;
    }
    const half = capacity >>> 1;
    this.#forgottenUpToUs = this.#timeUs[half - 1]!;
    this.#timeUs.copyWithin(0, half, this.#length);
    this.#value.copyWithin(0, half, this.#length);
    this.#length -= half;
  }
}

function widened(column: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const wider = new Float64Array(capacity);
  wider.set(column);
  return wider;
}
