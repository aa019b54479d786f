import { grownFloats, grownInts } from '../columns';
import type { ByteReader, ByteWriter } from '../state/bytes';
import { NO_SKETCH, SketchPool } from '../sketches/sketch-pool';
import { type DoubledNumber, standardDeviation } from '../sums/deviation';
import { addExact, mergeExact, roundedSum, type Spills, SUM_CELLS } from '../sums/exact-sum';
import { partsOfSum, type PartialWindow } from './partial-window';
import { readWindow, writeWindow } from './window-codec';
import { LINK, WINDOW, type WindowSpec, type WindowValues } from './window-layout';

const NONE = -1;

/** What an emission of a window says beside its content. */
export interface Emission {
  readonly spec: WindowSpec;
  readonly revision: number;
  readonly final: boolean;
}

/** What windows hold, each in a slot of one array, so that no reading and no window allocates. A slot is the index of its first cell. */
export class WindowCells {
  /** Replaced when it grows, by `allocate` only. */
  cells = new Float64Array(64 * WINDOW.cells);
  /** For the list that a slot is in; see `linkOf`. Replaced when it grows, too. */
  links = new Int32Array(64 * LINK.cells);
  private unusedFrom = 0;
  /** Free slots, linked by their first cell. */
  private firstFree = NONE;
  private readonly spills: Spills = new Map();
  private readonly sketches = new SketchPool();
  private readonly scratch = this.allocate(0);
  private readonly emitted: WindowValues = {
    ...{ sizeMs: 0, stepMs: 0, startMs: 0, revision: 0, final: false },
    ...{ count: 0, min: 0, max: 0, sum: 0, sumOfSquares: 0, mean: 0, stddev: 0 },
    ...{ p50: 0, p90: 0, p99: 0, first: 0, last: 0 },
  };

  /** An empty window. */
  allocate(start: number): number {
    let slot = this.firstFree;
    if (slot !== NONE) this.firstFree = this.cells[slot]!;
    else {
      slot = this.unusedFrom;
      this.unusedFrom += WINDOW.cells;
      if (this.unusedFrom > this.cells.length) {
        const grown = this.cells.length + (this.cells.length >> 1);
        this.cells = grownFloats(this.cells, grown - (grown % WINDOW.cells), 0);
        this.links = grownInts(this.links, (this.cells.length / WINDOW.cells) * LINK.cells, 0);
      }
    }
    this.cells[slot + WINDOW.sketch] = NO_SKETCH;
    this.clear(slot, start);
    return slot;
  }

  free(slot: number): void {
    this.dropSpills(slot);
    this.dropSketch(slot);
    this.cells[slot] = this.firstFree;
    this.firstFree = slot;
  }

  /** Makes it an empty window. */
  clear(slot: number, start: number): void {
    this.dropSpills(slot);
    this.dropSketch(slot);
    const { cells } = this;
    cells[slot + WINDOW.start] = start;
    cells[slot + WINDOW.count] = 0;
    cells[slot + WINDOW.min] = Infinity;
    cells[slot + WINDOW.max] = -Infinity;
    cells[slot + WINDOW.firstTime] = Infinity;
    cells[slot + WINDOW.lastTime] = -Infinity;
    for (let i = slot + WINDOW.sum; i < slot + WINDOW.squares + SUM_CELLS; i++) cells[i] = 0;
  }

  /** Several values of one time, which come from several series only, count as if the least came first and the greatest last. */
  accumulate(slot: number, time: number, value: number): void {
    const { cells } = this;
    cells[slot + WINDOW.count]! += 1;
    if (value < cells[slot + WINDOW.min]!) cells[slot + WINDOW.min] = value;
    if (value > cells[slot + WINDOW.max]!) cells[slot + WINDOW.max] = value;
    if (time <= cells[slot + WINDOW.firstTime]!) this.setFirst(slot, time, value);
    if (time >= cells[slot + WINDOW.lastTime]!) this.setLast(slot, time, value);
    addExact(cells, slot + WINDOW.sum, value, this.spills);
    const square = Math.min(value * value, Number.MAX_VALUE);
    addExact(cells, slot + WINDOW.squares, square, this.spills);
    const sketch = cells[slot + WINDOW.sketch]!;
    const grown = this.sketches.add(sketch, value);
    if (grown !== sketch) cells[slot + WINDOW.sketch] = grown;
  }

  /** Adds what another window holds; the two have no reading in common. */
  merge(into: number, from: number): void {
    const { cells } = this;
    if (cells[from + WINDOW.count] === 0) return;
    cells[into + WINDOW.count]! += cells[from + WINDOW.count]!;
    cells[into + WINDOW.min] = Math.min(cells[into + WINDOW.min]!, cells[from + WINDOW.min]!);
    cells[into + WINDOW.max] = Math.max(cells[into + WINDOW.max]!, cells[from + WINDOW.max]!);
    this.setFirst(into, cells[from + WINDOW.firstTime]!, cells[from + WINDOW.first]!);
    this.setLast(into, cells[from + WINDOW.lastTime]!, cells[from + WINDOW.last]!);
    mergeExact(cells, into + WINDOW.sum, from + WINDOW.sum, this.spills);
    mergeExact(cells, into + WINDOW.squares, from + WINDOW.squares, this.spills);
    cells[into + WINDOW.sketch] = this.sketches.merge(
      cells[into + WINDOW.sketch]!,
      cells[from + WINDOW.sketch]!,
    );
  }

  /** The same object each time. */
  values(slot: number, { spec, revision, final }: Emission): WindowValues {
    const { cells, emitted } = this;
    emitted.sizeMs = spec.sizeMs;
    emitted.stepMs = spec.stepMs;
    emitted.startMs = cells[slot + WINDOW.start]! / 1000;
    emitted.revision = revision;
    emitted.final = final;
    emitted.count = cells[slot + WINDOW.count]!;
    emitted.min = cells[slot + WINDOW.min]!;
    emitted.max = cells[slot + WINDOW.max]!;
    emitted.sum = roundedSum(cells, slot + WINDOW.sum, this.spills);
    emitted.sumOfSquares = roundedSum(cells, slot + WINDOW.squares, this.spills);
    this.setStatistics(slot);
    emitted.first = cells[slot + WINDOW.first]!;
    emitted.last = cells[slot + WINDOW.last]!;
    return emitted;
  }

  /** The window as a part that can be merged elsewhere. */
  partial(slot: number, { spec, revision, final }: Emission): PartialWindow {
    const { cells } = this;
    return {
      ...{ sizeMs: spec.sizeMs, stepMs: spec.stepMs, startMs: cells[slot + WINDOW.start]! / 1000 },
      ...{ revision, final, count: cells[slot + WINDOW.count]! },
      ...{ min: cells[slot + WINDOW.min]!, max: cells[slot + WINDOW.max]! },
      sums: partsOfSum(cells, slot + WINDOW.sum, this.spills),
      sumsOfSquares: partsOfSum(cells, slot + WINDOW.squares, this.spills),
      ...{ firstUs: cells[slot + WINDOW.firstTime]!, first: cells[slot + WINDOW.first]! },
      ...{ lastUs: cells[slot + WINDOW.lastTime]!, last: cells[slot + WINDOW.last]! },
      sketch: this.sketches.content(cells[slot + WINDOW.sketch]!),
    };
  }

  /** Adds a part, which has no reading in common with what is there. */
  mergePartial(into: number, partial: PartialWindow): void {
    const part = this.allocate(partial.startMs * 1000);
    const { cells, spills } = this;
    cells[part + WINDOW.count] = partial.count;
    cells[part + WINDOW.min] = partial.min;
    cells[part + WINDOW.max] = partial.max;
    this.setFirst(part, partial.firstUs, partial.first);
    this.setLast(part, partial.lastUs, partial.last);
    for (const sum of partial.sums) addExact(cells, part + WINDOW.sum, sum, spills);
    for (const sum of partial.sumsOfSquares) addExact(cells, part + WINDOW.squares, sum, spills);
    cells[part + WINDOW.sketch] = this.sketches.of(partial.sketch);
    this.merge(into, part);
    this.free(part);
  }

  /** All but the start. */
  write(slot: number, writer: ByteWriter): void {
    const { cells } = this;
    writeWindow(writer, cells, slot, this.spills);
    if (cells[slot + WINDOW.count]! > 0) this.sketches.write(cells[slot + WINDOW.sketch]!, writer);
  }

  /** Into an empty window whose start is set. Throws `SnapshotError`. */
  read(slot: number, reader: ByteReader): void {
    const { cells } = this;
    readWindow(reader, cells, slot, this.spills);
    if (cells[slot + WINDOW.count]! > 0) cells[slot + WINDOW.sketch] = this.sketches.read(reader);
  }

  private setFirst(slot: number, time: number, value: number): void {
    const { cells } = this;
    const before = cells[slot + WINDOW.firstTime]!;
    if (time > before || (time === before && value >= cells[slot + WINDOW.first]!)) return;
    cells[slot + WINDOW.firstTime] = time;
    cells[slot + WINDOW.first] = value;
  }

  private setLast(slot: number, time: number, value: number): void {
    const { cells } = this;
    const before = cells[slot + WINDOW.lastTime]!;
    if (time < before || (time === before && value <= cells[slot + WINDOW.last]!)) return;
    cells[slot + WINDOW.lastTime] = time;
    cells[slot + WINDOW.last] = value;
  }

  /** Mean, deviation and percentiles, from the rest of `emitted`. */
  private setStatistics(slot: number): void {
    const { cells, emitted, sketches } = this;
    const { count, min, max } = emitted;
    emitted.mean = emitted.sum / count;
    const deviation = standardDeviation(
      count,
      this.doubled(slot + WINDOW.sum, emitted.sum),
      this.doubled(slot + WINDOW.squares, emitted.sumOfSquares),
    );
    emitted.stddev = Math.min(deviation, max / 2 - min / 2);
    const sketch = cells[slot + WINDOW.sketch]!;
    const valueAt = (percent: number): number =>
      Math.max(min, Math.min(max, sketches.valueAt(sketch, Math.floor((percent * (count - 1)) / 100))));
    emitted.p50 = valueAt(50);
    emitted.p90 = valueAt(90);
    emitted.p99 = valueAt(99);
  }

  /** `high` is the rounded sum at `at`. The parts of a sum depend on the order of what was added; this does not. */
  private doubled(at: number, high: number): DoubledNumber {
    const { cells, spills } = this;
    const rest = this.scratch + WINDOW.sum;
    for (let i = 0; i < SUM_CELLS; i++) cells[rest + i] = cells[at + i]!;
    const spilled = spills.size > 0 ? spills.get(at) : undefined;
    if (spilled !== undefined) spills.set(rest, spilled);
    addExact(cells, rest, -high, spills);
    const low = roundedSum(cells, rest, spills);
    if (spills.size > 0) spills.delete(rest);
    return { high, low };
  }

  private dropSketch(slot: number): void {
    this.sketches.free(this.cells[slot + WINDOW.sketch]!);
    this.cells[slot + WINDOW.sketch] = NO_SKETCH;
  }

  private dropSpills(slot: number): void {
    if (this.spills.size === 0) return;
    this.spills.delete(slot + WINDOW.sum);
    this.spills.delete(slot + WINDOW.squares);
  }
}
