import { grownFloats } from '../columns';
import type { ByteReader, ByteWriter } from '../state/bytes';
import { addExact, mergeExact, roundedSum, type Spills, SUM_CELLS } from '../sums/exact-sum';
import { readWindow, writeWindow } from './window-codec';
import { WINDOW, type WindowValues } from './window-layout';

const NONE = -1;

/** What windows hold, each in a slot of one array, so that no reading and no window allocates. A slot is the index of its first cell. */
export class WindowCells {
  /** Replaced when it grows, by `allocate` only. */
  cells = new Float64Array(64 * WINDOW.cells);
  private unusedFrom = 0;
  private firstFree = NONE;
  private readonly spills: Spills = new Map();
  private readonly emitted: WindowValues = {
    ...{ sizeMs: 0, startMs: 0, revision: 0, final: false },
    ...{ count: 0, min: 0, max: 0, sum: 0, sumOfSquares: 0, first: 0, last: 0 },
  };

  /** An empty window, in no list. */
  allocate(start: number): number {
    let slot = this.firstFree;
    if (slot !== NONE) this.firstFree = this.cells[slot + WINDOW.older]!;
    else {
      slot = this.unusedFrom;
      this.unusedFrom += WINDOW.cells;
      if (this.unusedFrom > this.cells.length) {
        const grown = this.cells.length + (this.cells.length >> 1);
        this.cells = grownFloats(this.cells, grown - (grown % WINDOW.cells), 0);
      }
    }
    this.cells[slot + WINDOW.older] = NONE;
    this.clear(slot, start);
    return slot;
  }

  free(slot: number): void {
    this.dropSpills(slot);
    this.cells[slot + WINDOW.older] = this.firstFree;
    this.firstFree = slot;
  }

  /** Makes it an empty window. */
  clear(slot: number, start: number): void {
    this.dropSpills(slot);
    const { cells } = this;
    cells[slot + WINDOW.start] = start;
    cells[slot + WINDOW.count] = 0;
    cells[slot + WINDOW.min] = Infinity;
    cells[slot + WINDOW.max] = -Infinity;
    cells[slot + WINDOW.firstTime] = Infinity;
    cells[slot + WINDOW.lastTime] = -Infinity;
    cells.fill(0, slot + WINDOW.sum, slot + WINDOW.squares + SUM_CELLS);
    cells[slot + WINDOW.emissions] = cells[slot + WINDOW.emittedCount] = 0;
  }

  accumulate(slot: number, time: number, value: number): void {
    const { cells } = this;
    cells[slot + WINDOW.count]! += 1;
    if (value < cells[slot + WINDOW.min]!) cells[slot + WINDOW.min] = value;
    if (value > cells[slot + WINDOW.max]!) cells[slot + WINDOW.max] = value;
    if (time < cells[slot + WINDOW.firstTime]!) {
      cells[slot + WINDOW.firstTime] = time;
      cells[slot + WINDOW.first] = value;
    }
    if (time > cells[slot + WINDOW.lastTime]!) {
      cells[slot + WINDOW.lastTime] = time;
      cells[slot + WINDOW.last] = value;
    }
    addExact(cells, slot + WINDOW.sum, value, this.spills);
    const square = Math.min(value * value, Number.MAX_VALUE);
    addExact(cells, slot + WINDOW.squares, square, this.spills);
  }

  /** `from` is later than all that was merged into `into` before. */
  merge(into: number, from: number): void {
    const { cells } = this;
    if (cells[from + WINDOW.count] === 0) return;
    if (cells[into + WINDOW.count] === 0) {
      cells[into + WINDOW.firstTime] = cells[from + WINDOW.firstTime]!;
      cells[into + WINDOW.first] = cells[from + WINDOW.first]!;
    }
    cells[into + WINDOW.count]! += cells[from + WINDOW.count]!;
    cells[into + WINDOW.min] = Math.min(cells[into + WINDOW.min]!, cells[from + WINDOW.min]!);
    cells[into + WINDOW.max] = Math.max(cells[into + WINDOW.max]!, cells[from + WINDOW.max]!);
    cells[into + WINDOW.lastTime] = cells[from + WINDOW.lastTime]!;
    cells[into + WINDOW.last] = cells[from + WINDOW.last]!;
    mergeExact(cells, into + WINDOW.sum, from + WINDOW.sum, this.spills);
    mergeExact(cells, into + WINDOW.squares, from + WINDOW.squares, this.spills);
  }

  /** Notes that the window is emitted with so many readings; returns the revision. */
  countEmission(slot: number, count: number): number {
    this.cells[slot + WINDOW.emittedCount] = count;
    const revision = this.cells[slot + WINDOW.emissions]!;
    this.cells[slot + WINDOW.emissions] = revision + 1;
    return revision;
  }

  /** The same object each time. */
  values(slot: number, emission: { sizeUs: number; revision: number; final: boolean }): WindowValues {
    const { cells, emitted } = this;
    emitted.sizeMs = emission.sizeUs / 1000;
    emitted.startMs = cells[slot + WINDOW.start]! / 1000;
    emitted.revision = emission.revision;
    emitted.final = emission.final;
    emitted.count = cells[slot + WINDOW.count]!;
    emitted.min = cells[slot + WINDOW.min]!;
    emitted.max = cells[slot + WINDOW.max]!;
    emitted.sum = roundedSum(cells, slot + WINDOW.sum, this.spills);
    emitted.sumOfSquares = roundedSum(cells, slot + WINDOW.squares, this.spills);
    emitted.first = cells[slot + WINDOW.first]!;
    emitted.last = cells[slot + WINDOW.last]!;
    return emitted;
  }

  write(slot: number, writer: ByteWriter): void {
    writeWindow(writer, this.cells, slot, this.spills);
  }

  /** Into an empty window. Throws `SnapshotError`. */
  read(slot: number, reader: ByteReader): void {
    readWindow(reader, this.cells, slot, this.spills);
  }

  private dropSpills(slot: number): void {
    if (this.spills.size === 0) return;
    this.spills.delete(slot + WINDOW.sum);
    this.spills.delete(slot + WINDOW.squares);
  }
}
