import { grownFloats, grownInts } from '../columns';
import type { ByteReader, ByteWriter } from '../state/bytes';
import { addExact, mergeExact, roundedSum, type Spills, SUM_CELLS } from '../sums/exact-sum';
import { readWindow, writeWindow } from './window-codec';
import { WINDOW, type WindowValues } from './window-layout';

const SHORT_WINDOW_US = 10_000_000;
export const LONG_WINDOW_US = 60_000_000;
const NONE = -1;

/**
 * The open windows of each series (by row): short ones as a list from the newest to the oldest, and the one long window into which
 * short ones are merged as they close. Windows are slots of one array, so that no reading allocates.
 */
export class WindowStore {
  /** By row: when the watermark reaches this, a window closes. Infinity where none is open. */
  nextClose = new Float64Array(0);
  private newest = new Int32Array(0);
  private long = new Int32Array(0);
  private cells = new Float64Array(64 * WINDOW.cells);
  private unusedFrom = 0;
  private firstFree = NONE;
  private readonly spills: Spills = new Map();
  private readonly closing: number[] = [];
  private readonly values: WindowValues = {
    sizeMs: 0,
    startMs: 0,
    count: 0,
    min: 0,
    max: 0,
    sum: 0,
    sumOfSquares: 0,
    first: 0,
    last: 0,
  };

  /** `emit` is called once for each closed window, ascending by end, short before long. It copies what it keeps. */
  constructor(private readonly emit: (row: number, window: WindowValues) => void) {}

  grow(rows: number): void {
    this.nextClose = grownFloats(this.nextClose, rows, Infinity);
    this.newest = grownInts(this.newest, rows, NONE);
    this.long = grownInts(this.long, rows, NONE);
  }

  /** Adds a reading which is not older than the row's watermark, and is no duplicate. */
  add(row: number, time: number, value: number): void {
    let slot = this.newest[row]!;
    if (slot === NONE) slot = this.find(row, time);
    else {
      const start = this.cells[slot + WINDOW.start]!;
      if (time < start || time >= start + SHORT_WINDOW_US) slot = this.find(row, time);
    }
    this.accumulate(slot, time, value);
  }

  /** Closes the windows which end at or before `watermark`. */
  close(row: number, watermark: number): void {
    const { cells, closing } = this;
    let slot = this.newest[row]!;
    let oldestOpen = NONE;
    while (slot !== NONE && cells[slot + WINDOW.start]! + SHORT_WINDOW_US > watermark) {
      oldestOpen = slot;
      slot = cells[slot + WINDOW.older]!;
    }
    if (oldestOpen === NONE) this.newest[row] = NONE;
    else cells[oldestOpen + WINDOW.older] = NONE;
    for (; slot !== NONE; slot = cells[slot + WINDOW.older]!) closing.push(slot);
    for (let i = closing.length - 1; i >= 0; i--) this.closeShort(row, closing[i]!);
    closing.length = 0;
    const long = this.long[row]!;
    if (long !== NONE && this.cells[long + WINDOW.start]! + LONG_WINDOW_US <= watermark) this.closeLong(row);
    this.setNextClose(row, oldestOpen);
  }

  /** Forgets the open windows of a row without emitting them. */
  release(row: number): void {
    for (let slot = this.newest[row]!; slot !== NONE;) {
      const older = this.cells[slot + WINDOW.older]!;
      this.free(slot);
      slot = older;
    }
    if (this.long[row] !== NONE) this.free(this.long[row]!);
    this.newest[row] = this.long[row] = NONE;
    this.nextClose[row] = Infinity;
  }

  write(row: number, writer: ByteWriter): void {
    const slots: number[] = [];
    for (let slot = this.newest[row]!; slot !== NONE; slot = this.cells[slot + WINDOW.older]!)
      slots.push(slot);
    const long = this.long[row]!;
    writer.varint(slots.length * 2 + (long === NONE ? 0 : 1));
    for (const slot of slots) writeWindow(writer, this.cells, slot, this.spills);
    if (long !== NONE) writeWindow(writer, this.cells, long, this.spills);
  }

  /** Into a row without windows. Throws `SnapshotError`. */
  read(row: number, reader: ByteReader): void {
    const header = reader.varint();
    let newer = NONE;
    for (let i = 0; i < Math.floor(header / 2); i++) {
      const slot = this.allocate(0);
      if (newer === NONE) this.newest[row] = slot;
      else this.cells[newer + WINDOW.older] = slot;
      readWindow(reader, this.cells, slot, this.spills);
      const inOrder = newer === NONE || this.cells[slot + WINDOW.start]! < this.cells[newer + WINDOW.start]!;
      reader.require(inOrder, 'windows are not in order');
      newer = slot;
    }
    if (header % 2 === 1) {
      this.long[row] = this.allocate(0);
      readWindow(reader, this.cells, this.long[row], this.spills);
    }
    this.setNextClose(row, newer);
  }

  private setNextClose(row: number, oldestOpen: number): void {
    const long = this.long[row]!;
    const short = oldestOpen === NONE ? Infinity : this.cells[oldestOpen + WINDOW.start]! + SHORT_WINDOW_US;
    this.nextClose[row] =
      long === NONE ? short : Math.min(short, this.cells[long + WINDOW.start]! + LONG_WINDOW_US);
  }

  /** The short window of a time, newly opened where there is none. */
  private find(row: number, time: number): number {
    const start = time - (time % SHORT_WINDOW_US);
    let newer = NONE;
    let slot = this.newest[row]!;
    while (slot !== NONE && this.cells[slot + WINDOW.start]! > start) {
      newer = slot;
      slot = this.cells[slot + WINDOW.older]!;
    }
    if (slot !== NONE && this.cells[slot + WINDOW.start] === start) return slot;
    const opened = this.allocate(start);
    this.cells[opened + WINDOW.older] = slot;
    if (newer === NONE) this.newest[row] = opened;
    else this.cells[newer + WINDOW.older] = opened;
    this.nextClose[row] = Math.min(this.nextClose[row]!, start + SHORT_WINDOW_US);
    return opened;
  }

  private accumulate(slot: number, time: number, value: number): void {
    const cells = this.cells;
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
    const square = value * value;
    addExact(
      cells,
      slot + WINDOW.squares,
      square < Number.MAX_VALUE ? square : Number.MAX_VALUE,
      this.spills,
    );
  }

  /** Emits a short window and merges it into the long one that it belongs to. */
  private closeShort(row: number, slot: number): void {
    const start = this.cells[slot + WINDOW.start]!;
    const longStart = start - (start % LONG_WINDOW_US);
    // The watermark has passed this window, so it has passed an earlier long one.
    if (this.long[row] !== NONE && this.cells[this.long[row]! + WINDOW.start] !== longStart)
      this.closeLong(row);
    this.emitWindow(row, slot, SHORT_WINDOW_US);
    if (this.long[row] === NONE) this.long[row] = this.allocate(longStart);
    this.merge(this.long[row]!, slot);
    this.free(slot);
  }

  private closeLong(row: number): void {
    this.emitWindow(row, this.long[row]!, LONG_WINDOW_US);
    this.free(this.long[row]!);
    this.long[row] = NONE;
  }

  /** `from` is later than all that was merged into `into` before. */
  private merge(into: number, from: number): void {
    const cells = this.cells;
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

  private emitWindow(row: number, slot: number, sizeUs: number): void {
    const { cells, values } = this;
    values.sizeMs = sizeUs / 1000;
    values.startMs = cells[slot + WINDOW.start]! / 1000;
    values.count = cells[slot + WINDOW.count]!;
    values.min = cells[slot + WINDOW.min]!;
    values.max = cells[slot + WINDOW.max]!;
    values.sum = roundedSum(cells, slot + WINDOW.sum, this.spills);
    values.sumOfSquares = roundedSum(cells, slot + WINDOW.squares, this.spills);
    values.first = cells[slot + WINDOW.first]!;
    values.last = cells[slot + WINDOW.last]!;
    this.emit(row, values);
  }

  private allocate(start: number): number {
    let slot = this.firstFree;
    if (slot !== NONE) this.firstFree = this.cells[slot + WINDOW.older]!;
    else {
      slot = this.unusedFrom;
      this.unusedFrom += WINDOW.cells;
      if (this.unusedFrom > this.cells.length) {
        this.cells = grownFloats(this.cells, this.cells.length + (this.cells.length >> 1), 0);
      }
    }
    const cells = this.cells;
    cells[slot + WINDOW.older] = NONE;
    cells[slot + WINDOW.start] = start;
    cells[slot + WINDOW.count] = 0;
    cells[slot + WINDOW.min] = Infinity;
    cells[slot + WINDOW.max] = -Infinity;
    cells[slot + WINDOW.firstTime] = Infinity;
    cells[slot + WINDOW.lastTime] = -Infinity;
    cells.fill(0, slot + WINDOW.sum, slot + WINDOW.squares + SUM_CELLS);
    return slot;
  }

  private free(slot: number): void {
    if (this.spills.size > 0) {
      this.spills.delete(slot + WINDOW.sum);
      this.spills.delete(slot + WINDOW.squares);
    }
    this.cells[slot + WINDOW.older] = this.firstFree;
    this.firstFree = slot;
  }
}
