import type { DetectorKind } from '@tidewatch/anomaly-detection';
import type { ReadingBatch } from '@tidewatch/readings';
import { grownFlags, grownFloats } from './columns';
import type { DetectionSettings } from './detection/detection-settings';
import { DetectionFeed } from './detection/detection-feed';
import { groupHash } from './groups/device-group';
import { isOfGroup, readGroup } from './groups/group-codec';
import { GroupWindows } from './groups/group-windows';
import { noReadings, type ReadingCounts, type StateChange, type StreamSink } from './outputs';
import { NO_ROW, SeriesTable } from './series-table';
import { checkSettings, type StreamSettings } from './settings';
import { ByteWriter } from './state/bytes';
import {
  readPartition,
  readSeries,
  type SeriesFields,
  writePartition,
  writeSeries,
} from './state/series-codec';
import { equalShare, RecentTimes } from './times/recent-times';
import { LONG_WINDOW_US, WindowStore } from './windows/window-store';

/** Idle series are looked for when the log's time enters a new period of this length. */
const SWEEP_PERIOD_MS = 10_000;

/**
 * The state machines of all series of one partition. Its outputs and state are a function of the records of the log in their order (values,
 * event times, append times): no clock, no random, no dependence on how records come in batches. One reading costs no allocation.
 *
 * For one series and for readings within the lateness, the last revisions of windows depend neither on order nor on grouping.
 */
export class PartitionStream {
  /** Readings since the beginning of this object. */
  readonly counts: ReadingCounts = noReadings();
  readonly revisions: DetectionFeed['revisions'];

  private readonly table = new SeriesTable();
  private readonly times = new RecentTimes();
  private readonly windows: WindowStore;
  /** Undefined where nothing is grouped: then it costs nothing. */
  private readonly groups: GroupWindows | undefined;
  private readonly detection: DetectionFeed;

  // Columns by row: event times in µs, the log's in ms.
  private maxTime = new Float64Array(0);
  private watermark = new Float64Array(0);
  private lastAppendMs = new Float64Array(0);
  private changed = new Uint8Array(0);
  private removed: Uint8Array[] = [];
  /** Rows by index in a block's dictionary, for the block at hand. */
  private rowOfIndex = new Int32Array(0);
  /** The greatest append time so far: the partition's only clock. */
  private clockMs = 0;
  /** The greatest watermark of a series that was forgotten: none that begins goes back behind it, so no window closes twice. */
  private forgottenUntil = -Infinity;
  private readonly latenessUs: number;
  private readonly markChanged = (row: number): void => {
    this.changed[row] = 1;
  };

  /** Throws `RangeError` on settings that contradict each other. */
  constructor(
    private readonly settings: StreamSettings,
    detectorKind: DetectorKind,
    sink: StreamSink,
  ) {
    checkSettings(settings);
    this.latenessUs = settings.latenessMs * 1000;
    this.detection = new DetectionFeed(settings, detectorKind, sink, this.table.series);
    this.revisions = this.detection.revisions;
    this.windows = new WindowStore(
      settings.reorderMs * 1000,
      settings.slidingWindows,
      ({ row, slot, emission }, cells) => {
        sink.window(this.table.series[row]!, cells.values(slot, emission));
      },
    );
    if (settings.groupTags.length === 0) return;
    const members = {
      mark: (row: number) => this.windows.mark(row),
      watermark: (row: number) => this.watermark[row]!,
    };
    this.groups = new GroupWindows(settings, members, (group, window) => {
      sink.group(group, window);
    });
  }

  /** The greatest append time of a record so far, or the end of a silence since, in ms. */
  get timeMs(): number {
    return this.clockMs;
  }

  get openEpisodes(): number {
    return this.detection.openEpisodes;
  }

  get seriesCount(): number {
    return this.table.size;
  }

  /** How series are watched from the next record on, and those that are restored: outputs are a function of the log and of where this is called. */
  useDetection(settings: DetectionSettings): void {
    this.detection.use(settings, this.markChanged);
  }

  /** Whether anything would come of it if the log's time went on to `timeMs` without a record. */
  isDue(timeMs: number): boolean {
    if (this.detection.isDue(timeMs)) return true;
    return this.entersPeriod(timeMs) && this.table.series.some((_, row) => this.isQuietAt(row, timeMs));
  }

  /**
   * The log's time goes on to `timeMs`, as with a record that has no readings. It is the caller's part to call it at the same place of the log, with the
   * same time, in a replay.
   */
  passTime(timeMs: number): void {
    if (!(timeMs > this.clockMs)) return;
    const isNewPeriod = this.entersPeriod(timeMs);
    this.clockMs = timeMs;
    this.detection.advanceClock(timeMs, this.markChanged);
    if (isNewPeriod) this.sweep();
  }

  /** Takes the readings of one record of the log. */
  process(batch: ReadingBatch, appendedAtMs: number): void {
    this.passTime(appendedAtMs);
    const { series, seriesIndex, timeUs, value } = batch;
    if (this.rowOfIndex.length < series.length) this.rowOfIndex = new Int32Array(series.length * 2);
    const rowOfIndex = this.rowOfIndex.fill(NO_ROW, 0, series.length);
    const latestUs = (this.clockMs + this.settings.maxAheadMs) * 1000;
    for (let i = 0; i < value.length; i++) {
      const time = timeUs[i]!;
      if (time > latestUs) {
        this.counts.ahead += 1;
        continue;
      }
      const index = seriesIndex[i]!;
      let row = rowOfIndex[index]!;
      if (row === NO_ROW) row = rowOfIndex[index] = this.rowOf(series[index]!, time);
      // Adding zero makes -0 of 0: which of the two is least must not depend on the order.
      if (row !== NO_ROW) this.take(row, time, value[i]! + 0);
    }
  }

  /** What has changed since the last call: removed series first, groups last. Drain it before processing goes on. */
  *takeChanges(): Generator<StateChange, void> {
    const { removed } = this;
    this.removed = [];
    for (const hash of removed) yield { hash, state: undefined };
    const writer = new ByteWriter();
    for (let row = 0; row < this.table.series.length; row++) {
      if (this.changed[row] === 0) continue;
      this.changed[row] = 0;
      yield { hash: this.table.series[row]!.hash, state: this.snapshot(row, writer) };
    }
    if (this.groups) yield* this.groups.takeChanges();
  }

  /** State of the partition beside that of its series: a few bytes. `silentUntilMs` is the time to which it goes on from there, before any record. */
  partitionState(silentUntilMs = 0): Uint8Array {
    const { clockMs, forgottenUntil } = this;
    return writePartition({ clockMs, forgottenUntil, silentUntilMs });
  }

  /** Returns the time to pass when all series are restored, 0 where there is none. Throws `SnapshotError`. */
  restorePartition(state: Uint8Array): number {
    const { clockMs, forgottenUntil, silentUntilMs } = readPartition(state);
    this.clockMs = clockMs;
    this.forgottenUntil = forgottenUntil;
    this.detection.restoreClock(clockMs);
    return silentUntilMs;
  }

  /** Restores one series or group; see `restoreSeries`. */
  restore(state: Uint8Array): boolean {
    if (!isOfGroup(state)) return this.restoreSeries(state);
    if (this.groups) this.groups.restore(state);
    else this.removed.push(groupHash(readGroup(state).fields.key));
    return true;
  }

  /**
   * Restores one series, before any record is processed. Returns false when its detector or its limits had to begin anew, because their state is of
   * another detector or version. Throws `SnapshotError`, with nothing restored, when the state as a whole can't be read.
   */
  restoreSeries(state: Uint8Array): boolean {
    const { fields, reader } = readSeries(state);
    const row = this.addRow(fields.key);
    this.detection.begin(row);
    let isWhole: boolean;
    try {
      this.times.read(row, reader);
      this.windows.read(row, reader);
      isWhole = this.detection.read(row, reader);
      reader.require(reader.done, 'bytes are left over');
    } catch (error) {
      this.removeRow(row);
      throw error;
    }
    this.maxTime[row] = fields.maxTime;
    this.watermark[row] = fields.watermark;
    this.lastAppendMs[row] = fields.lastAppendMs;
    this.groups?.join(row, fields.key);
    return this.detection.restore(row, fields) && isWhole;
  }

  /** Takes from a stream that has read the log again what of this one was not restored, or had to begin anew. Returns of how many series and groups. */
  learn(learned: PartitionStream): number {
    const writer = new ByteWriter();
    let count = 0;
    for (const row of learned.table.rowsWhere(() => true)) {
      const { key } = learned.table.series[row]!;
      const own = this.table.find(key);
      if (own === NO_ROW) this.restoreSeries(learned.snapshot(row, writer));
      else if (!this.detection.learn(own, learned.detection, row)) continue;
      this.markChanged(this.table.find(key));
      count += 1;
    }
    if (this.groups && learned.groups) count += this.groups.learn(learned.groups);
    return count;
  }

  /** The row of a reading's series, which may begin with it; NO_ROW, and the reading is counted, where it may not. */
  private rowOf(key: SeriesFields['key'], time: number): number {
    const known = this.table.find(key);
    if (known !== NO_ROW) return known;
    if (time < this.forgottenUntil) this.counts.late += 1;
    else if (this.table.size >= this.settings.maxSeries) this.counts.untracked += 1;
    else {
      const row = this.addRow(key);
      this.detection.begin(row);
      this.watermark[row] = this.forgottenUntil;
      this.groups?.join(row, key);
      return row;
    }
    return NO_ROW;
  }

  private take(row: number, time: number, value: number): void {
    if (time < this.watermark[row]!) {
      this.counts.late += 1;
      return;
    }
    const inOrder = time > this.maxTime[row]!;
    if (!inOrder && this.times.has(row, time, this.watermark[row]!)) {
      this.counts.duplicate += 1;
      return;
    }
    if (this.times.count(row) >= this.settings.maxRecentTimes) {
      this.boundTimes(row);
      if (time < this.watermark[row]!) {
        this.counts.late += 1;
        return;
      }
    }
    this.counts.processed += 1;
    this.changed[row] = 1;
    this.lastAppendMs[row] = this.clockMs;
    const wasSilent = this.windows.nextDue[row] === Infinity;
    this.windows.add(row, time, value);
    if (this.groups) {
      if (wasSilent) this.groups.began(row);
      this.counts.ungrouped += this.groups.add(row, time, value);
    }
    if (!this.detection.take(row, time, value, this.maxTime[row]!)) this.counts.unscored += 1;
    if (!inOrder) {
      this.times.insert(row, time, this.watermark[row]!);
      return;
    }
    this.times.append(row, time, this.watermark[row]!);
    this.maxTime[row] = time;
    this.raiseWatermark(row, time - this.latenessUs);
    if (time >= this.windows.nextDue[row]!) this.advance(row, time);
  }

  private advance(row: number, time: number): void {
    const before = this.windows.mark(row);
    this.windows.advance(row, time, this.watermark[row]!);
    this.groups?.advanced(row, before);
  }

  private raiseWatermark(row: number, watermark: number): void {
    if (watermark <= this.watermark[row]!) return;
    this.watermark[row] = watermark;
    this.changed[row] = 1;
  }

  /** A series with too many times within its lateness gives up the oldest eighth of them: its watermark rises over them. */
  private boundTimes(row: number): void {
    const most = this.settings.maxRecentTimes;
    const live = this.times.trim(row, this.watermark[row]!);
    if (live >= most) this.raiseWatermark(row, this.times.nth(row, most >> 3));
  }

  private entersPeriod(timeMs: number): boolean {
    return Math.floor(timeMs / SWEEP_PERIOD_MS) > Math.floor(this.clockMs / SWEEP_PERIOD_MS);
  }

  /** Whether a series has been quiet for so long at `timeMs` that something of it ends. */
  private isQuietAt(row: number, timeMs: number): boolean {
    if (this.table.series[row] === undefined) return false;
    const { latenessMs, idleTimeoutMs, evictAfterMs } = this.settings;
    const quietMs = timeMs - this.lastAppendMs[row]!;
    if (quietMs >= evictAfterMs) return true;
    if (quietMs < latenessMs + idleTimeoutMs) return false;
    return this.windows.nextDue[row]! < Infinity || this.detection.endsEpisodes(row, quietMs);
  }

  /** Closes the windows and episodes of series that have gone quiet, forgets those that have been quiet for very long, and bounds the rest. */
  private sweep(): void {
    const quiet = this.table.rowsWhere((row) => this.isQuietAt(row, this.clockMs));
    const isOver = (row: number): boolean =>
      this.clockMs - this.lastAppendMs[row]! >= this.settings.evictAfterMs;
    for (const row of quiet) {
      const quietMs = isOver(row) ? Infinity : this.clockMs - this.lastAppendMs[row]!;
      this.closeIdle(row);
      if (this.detection.closeEpisodes(row, quietMs)) this.changed[row] = 1;
    }
    // Before any of them leaves its groups.
    this.groups?.settle();
    for (const row of quiet) if (isOver(row)) this.forget(row);
    this.boundAllTimes();
  }

  /** Where all series together hold too many times, those with the most give up their oldest, down to an equal share. */
  private boundAllTimes(): void {
    const counts = this.table.series.map((series, row) =>
      series ? this.times.shrink(row, this.watermark[row]!) : 0,
    );
    if (counts.reduce((sum, count) => sum + count, 0) <= this.settings.maxTimes) return;
    const share = equalShare(counts, this.settings.maxTimes);
    for (const row of this.table.rowsWhere((row) => counts[row]! > share)) {
      this.raiseWatermark(row, this.times.nth(row, counts[row]! - share));
      this.times.shrink(row, this.watermark[row]!);
    }
  }

  /** The watermark passes the end of the last window, so that a reading which comes after all is late and no window closes twice. */
  private closeIdle(row: number): void {
    const last = this.maxTime[row]!;
    this.raiseWatermark(row, last - (last % LONG_WINDOW_US) + LONG_WINDOW_US);
    const before = this.windows.mark(row);
    this.windows.close(row, this.watermark[row]!);
    this.groups?.closed(row, before);
    this.detection.close(row);
    this.times.release(row);
  }

  private forget(row: number): void {
    const lastEnd = this.windows.lastEnd(this.maxTime[row]!);
    this.forgottenUntil = Math.max(this.forgottenUntil, this.watermark[row]!, lastEnd);
    this.removed.push(this.table.series[row]!.hash);
    this.removeRow(row);
  }

  private addRow(key: SeriesFields['key']): number {
    const row = this.table.add(key);
    if (row >= this.maxTime.length) this.grow(Math.max(64, row * 2));
    this.maxTime[row] = this.watermark[row] = -Infinity;
    this.lastAppendMs[row] = this.clockMs;
    this.changed[row] = 0;
    return row;
  }

  private removeRow(row: number): void {
    this.groups?.leave(row);
    this.times.release(row);
    this.windows.release(row);
    this.detection.release(row);
    this.table.remove(row);
    this.changed[row] = 0;
  }

  private grow(rows: number): void {
    this.times.grow(rows);
    this.windows.grow(rows);
    this.maxTime = grownFloats(this.maxTime, rows, 0);
    this.watermark = grownFloats(this.watermark, rows, 0);
    this.lastAppendMs = grownFloats(this.lastAppendMs, rows, 0);
    this.detection.grow(rows);
    this.changed = grownFlags(this.changed, rows);
  }

  private snapshot(row: number, writer: ByteWriter): Uint8Array {
    writer.clear();
    const fields: SeriesFields = {
      key: this.table.series[row]!.key,
      maxTime: this.maxTime[row]!,
      watermark: this.watermark[row]!,
      lastAppendMs: this.lastAppendMs[row]!,
      ...this.detection.fields(row),
    };
    return writeSeries(writer, fields, () => {
      this.times.write(row, this.watermark[row]!, writer);
      this.windows.write(row, writer);
      this.detection.write(row, writer);
    });
  }
}
