import { grownFloats } from '../columns';
import type { ByteReader, ByteWriter } from '../state/bytes';
import { type CompositeParts, CompositeWindows, type EmissionRange } from './composite-windows';
import { NO_PANE, PaneLists } from './pane-lists';
import { type Emission, WindowCells } from './window-cells';
import { WINDOW, type WindowSpec } from './window-layout';

const SHORT_US = 10_000_000;
const SHORT: WindowSpec = { sizeMs: 10_000, stepMs: 10_000 };
const LONG: WindowSpec = { sizeMs: 60_000, stepMs: 60_000 };
export const LONG_WINDOW_US = 60_000_000;

/** A window to be emitted, in a slot of the cells. */
export interface EmittedWindow {
  readonly row: number;
  readonly slot: number;
  readonly emission: Emission;
}

/**
 * The windows of each series (by row) that may still change: short ones, which take the readings, and those which are put together from them.
 *
 * A window is emitted when the event time of its series has passed its end by `delayUs`, and again when late readings have changed it; all at
 * once, when the event time (less the delay) enters a new period of a short window. So a window is revised at most once in such a period.
 */
export class WindowStore {
  /** By row: when the series' event time reaches this, `advance` has something to do. Infinity where the series is new or was closed. */
  nextDue = new Float64Array(0);
  /** By row: windows which end at or before it have not changed since they were emitted. Infinity where the series is new or was closed. */
  private dirtyFrom = new Float64Array(0);
  private readonly windows = new WindowCells();
  private readonly shorts = new PaneLists(SHORT_US, this.windows);
  private readonly composites: readonly CompositeWindows[];
  private readonly parts: CompositeParts;
  private readonly due: number[] = [];
  private readonly emitSlot = (row: number, slot: number, emission: Emission): void => {
    this.emit({ row, slot, emission }, this.windows);
  };

  /** `emit` gets windows ascending by time, the short ones first, then those of a minute, then those of `sliding`. It reads them from the cells. */
  constructor(
    private readonly delayUs: number,
    sliding: readonly WindowSpec[],
    private readonly emit: (window: EmittedWindow, cells: WindowCells) => void,
  ) {
    const { windows, shorts, emitSlot } = this;
    this.parts = { windows, fine: shorts, whole: windows.allocate(0), emit: emitSlot };
    this.composites = [LONG, ...sliding].map((spec) => this.composite(spec));
  }

  grow(rows: number): void {
    this.nextDue = grownFloats(this.nextDue, rows, Infinity);
    this.dirtyFrom = grownFloats(this.dirtyFrom, rows, Infinity);
    this.shorts.grow(rows);
    for (const composite of this.composites) composite.grow(rows);
  }

  /** Adds a reading which is not older than the row's watermark, and is no duplicate. */
  add(row: number, time: number, value: number): void {
    let slot = this.shorts.newest[row]!;
    if (slot === NO_PANE) slot = this.find(row, time);
    else {
      const start = this.windows.cells[slot + WINDOW.start]!;
      if (time < start || time >= start + SHORT_US) slot = this.find(row, time);
    }
    this.windows.accumulate(slot, time, value);
  }

  /** Windows which end at or before it have been emitted; Infinity where the series is new or was closed. */
  mark(row: number): number {
    return this.nextDue[row]! - SHORT_US - this.delayUs;
  }

  /** The event time of the series has reached `time`: emits what is due, and forgets what ends at or before `watermark`. */
  advance(row: number, time: number, watermark: number): void {
    this.advanceTo(row, Math.floor((time - this.delayUs) / SHORT_US) * SHORT_US, watermark);
  }

  /** Emits what ends at or before `mark`, a multiple of the shortest window; does not go back. */
  advanceTo(row: number, wantedMark: number, watermark: number): void {
    const before = this.mark(row);
    const mark = before < Infinity ? Math.max(before, wantedMark) : wantedMark;
    this.emitChanged(row, { after: this.dirtyFrom[row]!, until: mark, watermark });
    this.forget(row, Math.min(mark, watermark));
    this.dirtyFrom[row] = mark;
    this.nextDue[row] = mark + SHORT_US + this.delayUs;
  }

  /** Emits all windows of a row, also those which end after `watermark`: these are not final. */
  close(row: number, watermark: number): void {
    this.emitChanged(row, { after: this.dirtyFrom[row]!, until: Infinity, watermark });
    this.forget(row, watermark);
    this.nextDue[row] = this.dirtyFrom[row] = Infinity;
  }

  /** The start of the `nth` newest short window; -Infinity where there are fewer. */
  newestStart(row: number, nth: number): number {
    let pane = this.shorts.newest[row]!;
    for (let left = nth; pane !== NO_PANE && left > 1; left--) pane = this.shorts.older(pane);
    return pane === NO_PANE ? -Infinity : this.shorts.start(pane);
  }

  /** The end of the newest short window; -Infinity where there is none. */
  newestEnd(row: number): number {
    return this.newestStart(row, 1) + SHORT_US;
  }

  /** The end of the last window that a reading of `time` is in. */
  lastEnd(time: number): number {
    return this.composites.reduce((end, composite) => Math.max(end, composite.lastEnd(time)), 0);
  }

  /** Forgets the windows of a row without emitting them. */
  release(row: number): void {
    this.shorts.release(row);
    for (const composite of this.composites) composite.release(row);
    this.nextDue[row] = this.dirtyFrom[row] = Infinity;
  }

  write(row: number, writer: ByteWriter): void {
    this.shorts.write(row, writer);
    writer.varint(this.composites.length);
    for (const composite of this.composites) {
      writer.varint(composite.spec.sizeMs);
      writer.varint(composite.spec.stepMs);
      composite.write(row, writer);
    }
    const isOpen = this.nextDue[row]! < Infinity;
    writer.byte(isOpen ? 1 : 0);
    if (!isOpen) return;
    writer.float64(this.nextDue[row]! - this.delayUs);
    writer.float64(this.dirtyFrom[row]!);
  }

  /** Into a row without windows. Windows that are no longer wanted are left out. Throws `SnapshotError`. */
  read(row: number, reader: ByteReader): void {
    this.shorts.read(row, reader);
    for (let left = reader.varint(); left > 0; left--) {
      const spec = { sizeMs: reader.varint(), stepMs: reader.varint() };
      reader.require(spec.stepMs > 0 && spec.sizeMs >= spec.stepMs, 'no windows');
      const wanted = this.composites.find(
        (one) => one.spec.sizeMs === spec.sizeMs && one.spec.stepMs === spec.stepMs,
      );
      if (wanted) wanted.read(row, reader);
      else this.skip(spec, reader);
    }
    if (reader.byte() === 0) return;
    this.nextDue[row] = reader.float64() + this.delayUs;
    this.dirtyFrom[row] = reader.float64();
  }

  private skip(spec: WindowSpec, reader: ByteReader): void {
    const unwanted = this.composite(spec);
    unwanted.grow(1);
    unwanted.read(0, reader);
    unwanted.release(0);
  }

  private composite(spec: WindowSpec): CompositeWindows {
    return new CompositeWindows(spec, this.parts);
  }

  /** The short window of a time, newly opened where there is none. */
  private find(row: number, time: number): number {
    const start = time - (time % SHORT_US);
    const slot = this.shorts.at(row, start);
    if (this.nextDue[row] === Infinity) {
      this.dirtyFrom[row] = start;
      this.nextDue[row] = start + SHORT_US + this.delayUs;
    } else if (start < this.dirtyFrom[row]!) this.dirtyFrom[row] = start;
    return slot;
  }

  private emitChanged(row: number, range: EmissionRange): void {
    const { due, shorts } = this;
    let count = 0;
    for (let pane = shorts.newest[row]!; pane !== NO_PANE; pane = shorts.older(pane)) {
      const start = shorts.start(pane);
      if (start < range.after) break;
      if (start + SHORT_US <= range.until && shorts.hasChanged(pane)) due[count++] = pane;
    }
    while (count > 0) {
      const pane = due[--count]!;
      const final = shorts.start(pane) + SHORT_US <= range.watermark;
      this.emitSlot(row, pane, { spec: SHORT, revision: shorts.countEmission(pane), final });
    }
    for (const composite of this.composites) composite.emit(row, range);
  }

  /** What short windows held that end at or before `until` goes to where longer ones need it. */
  private forget(row: number, until: number): void {
    const { shorts } = this;
    let from = until;
    for (const composite of this.composites)
      if (composite.isFine) from = Math.min(from, composite.firstEndingAfter(until));
    for (
      let pane = shorts.oldest[row]!;
      pane !== NO_PANE && shorts.start(pane) < from;
      pane = shorts.oldest[row]!
    ) {
      for (const composite of this.composites) composite.absorb(row, pane, until);
      shorts.dropOldest(row);
    }
    for (const composite of this.composites) composite.forget(row, until);
  }
}
