import { grownFloats, grownInts } from '../columns';
import type { ByteReader, ByteWriter } from '../state/bytes';
import { WindowCells } from './window-cells';
import { WINDOW, type WindowValues } from './window-layout';

const SHORT_WINDOW_US = 10_000_000;
export const LONG_WINDOW_US = 60_000_000;
const NONE = -1;

/**
 * The windows of each series (by row) that may still change, short and long ones, each as a list from the newest to the oldest. A long window
 * holds what its final short windows held; the rest of it is in the short ones that are open.
 *
 * A window is emitted when the event time of its series has passed its end by `delayUs`, and again when late readings have changed it; all at
 * once, when the event time (less the delay) enters a new period of a short window. So a window is revised at most once in such a period.
 */
export class WindowStore {
  /** By row: when the series' event time reaches this, `advance` has something to do. Infinity where no window is open. */
  nextDue = new Float64Array(0);
  private newest = new Int32Array(0);
  private newestLong = new Int32Array(0);
  private readonly windows = new WindowCells();
  /** Where a long window is put together to be emitted. */
  private readonly whole = this.windows.allocate(0);
  private readonly due: number[] = [];
  private readonly longs: number[] = [];

  /** `emit` gets windows ascending by end within a minute, the minute last. It copies what it keeps. */
  constructor(
    private readonly delayUs: number,
    private readonly emit: (row: number, window: WindowValues) => void,
  ) {}

  grow(rows: number): void {
    this.nextDue = grownFloats(this.nextDue, rows, Infinity);
    this.newest = grownInts(this.newest, rows, NONE);
    this.newestLong = grownInts(this.newestLong, rows, NONE);
  }

  /** Adds a reading which is not older than the row's watermark, and is no duplicate. */
  add(row: number, time: number, value: number): void {
    let slot = this.newest[row]!;
    if (slot === NONE) slot = this.find(row, time);
    else {
      const start = this.windows.cells[slot + WINDOW.start]!;
      if (time < start || time >= start + SHORT_WINDOW_US) slot = this.find(row, time);
    }
    this.windows.accumulate(slot, time, value);
  }

  /** The event time of the series has reached `time`: emits what is due, and forgets what ends at or before `watermark`. */
  advance(row: number, time: number, watermark: number): void {
    const passed = time - this.delayUs;
    const mark = Math.floor(passed / SHORT_WINDOW_US) * SHORT_WINDOW_US;
    this.emitDue(row, mark, watermark);
    this.nextDue[row] =
      this.newest[row] === NONE && this.newestLong[row] === NONE
        ? Infinity
        : mark + SHORT_WINDOW_US + this.delayUs;
  }

  /** Emits and forgets all windows of a row; `watermark` is not before the end of any. */
  close(row: number, watermark: number): void {
    this.emitDue(row, watermark, watermark);
    this.nextDue[row] = Infinity;
  }

  /** Forgets the windows of a row without emitting them. */
  release(row: number): void {
    for (const newest of [this.newest, this.newestLong]) {
      for (let slot = newest[row]!; slot !== NONE;) {
        const older = this.windows.cells[slot + WINDOW.older]!;
        this.windows.free(slot);
        slot = older;
      }
      newest[row] = NONE;
    }
    this.nextDue[row] = Infinity;
  }

  write(row: number, writer: ByteWriter): void {
    for (const newest of [this.newest, this.newestLong]) {
      const count = this.list(newest[row]!, this.due);
      writer.varint(count);
      for (let i = 0; i < count; i++) this.windows.write(this.due[i]!, writer);
    }
    if (this.nextDue[row]! < Infinity) writer.float64(this.nextDue[row]!);
  }

  /** Into a row without windows. Throws `SnapshotError`. */
  read(row: number, reader: ByteReader): void {
    for (const newest of [this.newest, this.newestLong]) {
      let newer = NONE;
      for (let left = reader.varint(); left > 0; left--) {
        const slot = this.windows.allocate(0);
        if (newer === NONE) newest[row] = slot;
        else this.windows.cells[newer + WINDOW.older] = slot;
        this.windows.read(slot, reader);
        const { cells } = this.windows;
        const inOrder = newer === NONE || cells[slot + WINDOW.start]! < cells[newer + WINDOW.start]!;
        reader.require(inOrder, 'windows are not in order');
        newer = slot;
      }
    }
    const isOpen = this.newest[row] !== NONE || this.newestLong[row] !== NONE;
    this.nextDue[row] = isOpen ? reader.float64() : Infinity;
  }

  /** The short window of a time, newly opened where there is none, and then the long one, too. */
  private find(row: number, time: number): number {
    const start = time - (time % SHORT_WINDOW_US);
    const slot = this.findIn(this.newest, row, start);
    if (this.windows.cells[slot + WINDOW.count] === 0) {
      this.findIn(this.newestLong, row, time - (time % LONG_WINDOW_US));
      if (this.nextDue[row] === Infinity) this.nextDue[row] = start + SHORT_WINDOW_US + this.delayUs;
    }
    return slot;
  }

  private findIn(newest: Int32Array, row: number, start: number): number {
    let newer = NONE;
    let slot = newest[row]!;
    while (slot !== NONE && this.windows.cells[slot + WINDOW.start]! > start) {
      newer = slot;
      slot = this.windows.cells[slot + WINDOW.older]!;
    }
    if (slot !== NONE && this.windows.cells[slot + WINDOW.start] === start) return slot;
    const opened = this.windows.allocate(start);
    this.windows.cells[opened + WINDOW.older] = slot;
    if (newer === NONE) newest[row] = opened;
    else this.windows.cells[newer + WINDOW.older] = opened;
    return opened;
  }

  /** Emits the windows which end at or before `mark` and have changed, then forgets those which end at or before `watermark`. */
  private emitDue(row: number, mark: number, watermark: number): void {
    const { due, longs, windows } = this;
    const shortCount = this.list(this.newest[row]!, due);
    const longCount = this.list(this.newestLong[row]!, longs);
    let short = shortCount - 1;
    for (let i = longCount - 1; i >= 0; i--) {
      const long = longs[i]!;
      const end = this.endOfLong(i);
      const first = short;
      for (; short >= 0 && windows.cells[due[short]! + WINDOW.start]! < end; short--) {
        const slot = due[short]!;
        const shortEnd = windows.cells[slot + WINDOW.start]! + SHORT_WINDOW_US;
        if (shortEnd <= mark) this.emitShort(row, slot, shortEnd <= watermark);
      }
      if (end <= mark) this.emitLong(row, long, { first, last: short + 1, final: end <= watermark });
    }
    this.forgetShorts(row, { until: Math.min(mark, watermark), shortCount, longCount });
    this.forgetLongs(row, Math.min(mark, watermark), longCount);
  }

  private emitShort(row: number, slot: number, final: boolean): void {
    const { cells } = this.windows;
    if (cells[slot + WINDOW.count] === this.windows.emittedCount(slot)) return;
    const revision = this.windows.countEmission(slot, cells[slot + WINDOW.count]!);
    this.emit(row, this.windows.values(slot, { sizeUs: SHORT_WINDOW_US, revision, final }));
  }

  /** The short windows of the long one are `due[first]` down to `due[last]`, from the oldest to the newest. */
  private emitLong(row: number, long: number, { first, last, final }: LongWindow): void {
    const { due, windows, whole } = this;
    let count = windows.cells[long + WINDOW.count]!;
    for (let i = first; i >= last; i--) count += windows.cells[due[i]! + WINDOW.count]!;
    if (count === windows.emittedCount(long)) return;
    windows.clear(whole, windows.cells[long + WINDOW.start]!);
    windows.merge(whole, long);
    for (let i = first; i >= last; i--) windows.merge(whole, due[i]!);
    const revision = windows.countEmission(long, count);
    this.emit(row, windows.values(whole, { sizeUs: LONG_WINDOW_US, revision, final }));
  }

  /** What final short windows held goes to the long one, where that is not final itself. */
  private forgetShorts(row: number, { until, shortCount, longCount }: Listed): void {
    const { due, longs, windows } = this;
    let long = longCount - 1;
    let short = shortCount - 1;
    for (; short >= 0; short--) {
      const start = windows.cells[due[short]! + WINDOW.start]!;
      if (start + SHORT_WINDOW_US > until) break;
      while (this.endOfLong(long) <= start) long--;
      if (this.endOfLong(long) > until) windows.merge(longs[long]!, due[short]!);
      windows.free(due[short]!);
    }
    if (short < 0) this.newest[row] = NONE;
    else windows.cells[due[short]! + WINDOW.older] = NONE;
  }

  private forgetLongs(row: number, until: number, longCount: number): void {
    const { longs, windows } = this;
    let long = longCount - 1;
    for (; long >= 0 && this.endOfLong(long) <= until; long--) windows.free(longs[long]!);
    if (long < 0) this.newestLong[row] = NONE;
    else windows.cells[longs[long]! + WINDOW.older] = NONE;
  }

  private endOfLong(index: number): number {
    return this.windows.cells[this.longs[index]! + WINDOW.start]! + LONG_WINDOW_US;
  }

  /** The slots of a list, from the newest to the oldest; returns how many. `slots` may be longer. */
  private list(newest: number, slots: number[]): number {
    let count = 0;
    for (let slot = newest; slot !== NONE; slot = this.windows.cells[slot + WINDOW.older]!) {
      slots[count++] = slot;
    }
    return count;
  }
}

interface LongWindow {
  readonly first: number;
  readonly last: number;
  readonly final: boolean;
}

interface Listed {
  readonly until: number;
  readonly shortCount: number;
  readonly longCount: number;
}
