import type { ByteReader, ByteWriter } from '../state/bytes';
import { Emissions } from './emissions';
import { NO_PANE, PaneLists } from './pane-lists';
import type { Emission, WindowCells } from './window-cells';
import { WINDOW, type WindowSpec } from './window-layout';

/** Windows up to this size are put together from the shortest panes, which are kept for so long. */
const FINE_UP_TO_US = 60_000_000;

/** What `emit` looks at: windows which end after `after` and not after `until`. Those that end after `watermark` are not final. */
export interface EmissionRange {
  readonly after: number;
  readonly until: number;
  readonly watermark: number;
}

/** What windows of all sizes share. */
export interface CompositeParts {
  readonly windows: WindowCells;
  /** The shortest panes, which take the readings. */
  readonly fine: PaneLists;
  /** Where a window is put together. */
  readonly whole: number;
  readonly emit: (row: number, slot: number, emission: Emission) => void;
}

/**
 * Windows of one size and step, tumbling or sliding, of each series (by row): put together from panes when they are emitted, never from
 * readings. Short ones take the shortest panes, `fine`; others have panes of their own, as long as the greatest common divisor of
 * size and step, into which the fine ones go when they are final.
 */
export class CompositeWindows {
  private readonly sizeUs: number;
  private readonly stepUs: number;
  private readonly panes: PaneLists | undefined;
  private readonly emissions = new Emissions();

  constructor(
    readonly spec: WindowSpec,
    private readonly parts: CompositeParts,
  ) {
    this.sizeUs = spec.sizeMs * 1000;
    this.stepUs = spec.stepMs * 1000;
    const paneUs = paneMs(spec) * 1000;
    const isFine = this.sizeUs <= FINE_UP_TO_US || paneUs <= parts.fine.lengthUs;
    this.panes = isFine ? undefined : new PaneLists(paneUs, parts.windows);
  }

  grow(rows: number): void {
    this.panes?.grow(rows);
    this.emissions.grow(rows);
  }

  /** Emits the windows of a range that are not empty and have changed, ascending by time. */
  emit(row: number, { after, until, watermark }: EmissionRange): void {
    const { sizeUs, stepUs } = this;
    let start = this.firstEndingAfter(after);
    if (start + sizeUs > until) return;
    const last = Math.min(until - sizeUs, this.newestStart(row));
    start = Math.max(start, this.firstEndingAfter(this.oldestStart(row)));
    while (start <= last) {
      const count = this.count(row, start);
      if (count === 0) {
        // Nothing in between, however long that is.
        start = Math.max(start + stepUs, this.firstEndingAfter(this.nextStart(row, start + sizeUs)));
        continue;
      }
      const revision = this.emissions.next(row, start, count);
      if (revision !== undefined) {
        this.putTogether(row, start);
        this.parts.emit(row, this.parts.whole, {
          spec: this.spec,
          revision,
          final: start + sizeUs <= watermark,
        });
      }
      start += stepUs;
    }
  }

  /** The start of the first window that ends after `time`: panes before it are of no more use when all up to `time` is final. */
  firstEndingAfter(time: number): number {
    return (Math.floor((time - this.sizeUs) / this.stepUs) + 1) * this.stepUs;
  }

  /** The end of the last window that a reading of `time` is in. */
  lastEnd(time: number): number {
    return Math.floor(time / this.stepUs) * this.stepUs + this.sizeUs;
  }

  /** Whether fine panes must be kept for these windows. */
  get isFine(): boolean {
    return this.panes === undefined;
  }

  /** Takes over what a final pane held, where a window that ends after `until` may need it. */
  absorb(row: number, pane: number, until: number): void {
    const start = this.parts.fine.start(pane);
    if (this.panes === undefined || start < this.firstEndingAfter(until)) return;
    this.parts.windows.merge(this.panes.at(row, start - (start % this.panes.lengthUs)), pane);
  }

  /** Forgets what only windows need that end at or before `until`. */
  forget(row: number, until: number): void {
    const from = this.firstEndingAfter(until);
    this.emissions.dropBefore(row, from);
    const { panes } = this;
    while (panes && panes.oldest[row] !== NO_PANE && panes.start(panes.oldest[row]!) < from)
      panes.dropOldest(row);
  }

  release(row: number): void {
    this.panes?.release(row);
    this.emissions.dropBefore(row, Infinity);
  }

  write(row: number, writer: ByteWriter): void {
    this.emissions.write(row, writer);
    this.panes?.write(row, writer);
  }

  /** Into an empty row. Throws `SnapshotError`. */
  read(row: number, reader: ByteReader): void {
    this.emissions.read(row, reader);
    this.panes?.read(row, reader);
  }

  private count(row: number, start: number): number {
    return (
      this.countIn(this.parts.fine, row, start) + (this.panes ? this.countIn(this.panes, row, start) : 0)
    );
  }

  private countIn(panes: PaneLists, row: number, start: number): number {
    const end = start + this.sizeUs;
    let count = 0;
    for (let pane = panes.newest[row]!; pane !== NO_PANE; pane = panes.older(pane)) {
      const at = panes.start(pane);
      if (at < start) break;
      if (at < end) count += panes.count(pane);
    }
    return count;
  }

  private putTogether(row: number, start: number): void {
    this.parts.windows.clear(this.parts.whole, start);
    if (this.panes) this.mergeFrom(this.panes, row);
    this.mergeFrom(this.parts.fine, row);
  }

  private mergeFrom(panes: PaneLists, row: number): void {
    const start = this.parts.windows.cells[this.parts.whole + WINDOW.start]!;
    const end = start + this.sizeUs;
    for (let pane = panes.newest[row]!; pane !== NO_PANE; pane = panes.older(pane)) {
      const at = panes.start(pane);
      if (at < start) break;
      if (at < end) this.parts.windows.merge(this.parts.whole, pane);
    }
  }

  private oldestStart(row: number): number {
    const own = this.panes?.oldest[row] ?? NO_PANE;
    if (own !== NO_PANE) return this.panes!.start(own);
    const pane = this.parts.fine.oldest[row]!;
    return pane === NO_PANE ? Infinity : this.parts.fine.start(pane);
  }

  private newestStart(row: number): number {
    const pane = this.parts.fine.newest[row]!;
    if (pane !== NO_PANE) return this.parts.fine.start(pane);
    const own = this.panes?.newest[row] ?? NO_PANE;
    return own === NO_PANE ? -Infinity : this.panes!.start(own);
  }

  /** The start of the first pane at or after `time`; Infinity where there is none. */
  private nextStart(row: number, time: number): number {
    let next = Infinity;
    for (const panes of this.panes ? [this.panes, this.parts.fine] : [this.parts.fine]) {
      for (
        let pane = panes.newest[row]!;
        pane !== NO_PANE && panes.start(pane) >= time;
        pane = panes.older(pane)
      ) {
        next = Math.min(next, panes.start(pane));
      }
    }
    return next;
  }
}

/** Length of the panes that windows can be put together from. */
export function paneMs({ sizeMs, stepMs }: WindowSpec): number {
  let [divisor, rest] = [sizeMs, stepMs];
  while (rest > 0) [divisor, rest] = [rest, divisor % rest];
  return divisor;
}
