import { type Detector, type DetectorKind, newVerdict, type Verdict } from '@tidewatch/anomaly-detection';
import type { ReadingBatch } from '@tidewatch/readings';
import { grownFloats } from './columns';
import { noReadings, type ReadingCounts, type StreamSink } from './outputs';
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
import { RecentTimes } from './times/recent-times';
import { LONG_WINDOW_US, WindowStore } from './windows/window-store';

const FLAGGED_FROM = 0.5;
/** Idle series are looked for when the log's time enters a new period of this length. */
const SWEEP_PERIOD_MS = 10_000;
const UNRESOLVED = -2;

/** The state of one series to store, or its absence. `state` is a view: use it before asking for the next one. */
export interface SeriesChange {
  readonly hash: Uint8Array;
  readonly state: Uint8Array | undefined;
}

/**
 * The state machines of all series of one partition. Its outputs and state are a function of the records of the log in their order (values,
 * event times, append times): no clock, no random, no dependence on how records come in batches. One reading costs no allocation.
 *
 * For one series and for readings within the lateness, the windows depend neither on order nor on grouping.
 */
export class PartitionStream {
  /** Readings since the beginning of this object. */
  readonly counts: ReadingCounts = noReadings();

  private readonly table = new SeriesTable();
  private readonly times = new RecentTimes();
  private readonly windows: WindowStore;
  private readonly detectors: (Detector | undefined)[] = [];
  private readonly verdict: Verdict = newVerdict();

  // Columns by row: event times in µs, the log's in ms.
  private maxTime = new Float64Array(0);
  private watermark = new Float64Array(0);
  private lastAppendMs = new Float64Array(0);
  private lastFlagged = new Float64Array(0);
  private lastAlarm = new Float64Array(0);
  private changed = new Uint8Array(0);

  private removed: Uint8Array[] = [];
  /** Rows by index in a block's dictionary, for the block at hand. */
  private rowOfIndex = new Int32Array(0);
  /** The greatest append time so far: the partition's only clock. */
  private clockMs = 0;
  private readonly latenessUs: number;
  private readonly alarmRestUs: number;
  private readonly alarmRepeatUs: number;

  /** Throws `RangeError` on settings that contradict each other. */
  constructor(
    private readonly settings: StreamSettings,
    private readonly detectorKind: DetectorKind,
    private readonly sink: StreamSink,
  ) {
    checkSettings(settings);
    this.latenessUs = settings.latenessMs * 1000;
    this.alarmRestUs = settings.alarmRestMs * 1000;
    this.alarmRepeatUs = settings.alarmRepeatMs * 1000;
    this.windows = new WindowStore((row, window) => {
      sink.window(this.table.series[row]!, window);
    });
  }

  get seriesCount(): number {
    return this.table.size;
  }

  /** Takes the readings of one record of the log. */
  process(batch: ReadingBatch, appendedAtMs: number): void {
    this.advanceClock(appendedAtMs);
    const { series, seriesIndex, timeUs, value } = batch;
    if (this.rowOfIndex.length < series.length) this.rowOfIndex = new Int32Array(series.length * 2);
    const rowOfIndex = this.rowOfIndex.fill(UNRESOLVED, 0, series.length);
    const latestUs = (this.clockMs + this.settings.maxAheadMs) * 1000;
    for (let i = 0; i < value.length; i++) {
      const time = timeUs[i]!;
      if (time > latestUs) {
        this.counts.ahead += 1;
        continue;
      }
      const index = seriesIndex[i]!;
      let row = rowOfIndex[index]!;
      if (row === UNRESOLVED) row = rowOfIndex[index] = this.rowOf(series[index]!);
      if (row === NO_ROW) this.counts.untracked += 1;
      // Adding zero makes -0 of 0: which of the two is least must not depend on the order.
      else this.take(row, time, value[i]! + 0);
    }
  }

  /** What has changed since the last call: removed series first. Drain it before processing goes on. */
  *takeChanges(): Generator<SeriesChange, void> {
    const { removed } = this;
    this.removed = [];
    for (const hash of removed) yield { hash, state: undefined };
    const writer = new ByteWriter();
    for (let row = 0; row < this.table.series.length; row++) {
      if (this.changed[row] === 0) continue;
      this.changed[row] = 0;
      writer.clear();
      yield { hash: this.table.series[row]!.hash, state: this.snapshot(row, writer) };
    }
  }

  /** State of the partition beside that of its series: a few bytes. */
  partitionState(): Uint8Array {
    return writePartition(this.clockMs);
  }

  /** Throws `SnapshotError`. */
  restorePartition(state: Uint8Array): void {
    this.clockMs = readPartition(state);
  }

  /**
   * Restores one series, before any record is processed. Returns false when its detector had to begin anew, because its state is of another
   * detector or version. Throws `SnapshotError`, with nothing restored, when the state as a whole can't be read.
   */
  restoreSeries(state: Uint8Array): boolean {
    const { fields, reader } = readSeries(state);
    const row = this.addRow(fields.key);
    try {
      this.times.read(row, reader);
      this.windows.read(row, reader);
      reader.require(reader.done, 'bytes are left over');
    } catch (error) {
      this.removeRow(row);
      throw error;
    }
    this.maxTime[row] = fields.maxTime;
    this.watermark[row] = fields.watermark;
    this.lastAppendMs[row] = fields.lastAppendMs;
    this.lastFlagged[row] = fields.lastFlagged;
    this.lastAlarm[row] = fields.lastAlarm;
    const detector = restoredDetector(this.detectorKind, fields);
    if (detector) this.detectors[row] = detector;
    return detector !== undefined;
  }

  private rowOf(key: SeriesFields['key']): number {
    const row = this.table.find(key);
    if (row !== NO_ROW) return row;
    return this.table.size < this.settings.maxSeries ? this.addRow(key) : NO_ROW;
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
    this.windows.add(row, time, value);
    if (!inOrder) {
      this.times.insert(row, time, this.watermark[row]!);
      return;
    }
    this.times.append(row, time, this.watermark[row]!);
    this.maxTime[row] = time;
    this.score(row, time, value);
    this.raiseWatermark(row, time - this.latenessUs);
  }

  private raiseWatermark(row: number, watermark: number): void {
    if (watermark <= this.watermark[row]!) return;
    this.watermark[row] = watermark;
    if (watermark >= this.windows.nextClose[row]!) this.windows.close(row, watermark);
  }

  private score(row: number, time: number, value: number): void {
    const { verdict } = this;
    this.detectors[row]!.observe(time, value, verdict);
    if (!(verdict.score >= FLAGGED_FROM)) return;
    const rested = time - this.lastFlagged[row]! >= this.alarmRestUs;
    this.lastFlagged[row] = time;
    if (!rested && time - this.lastAlarm[row]! < this.alarmRepeatUs) return;
    this.lastAlarm[row] = time;
    this.sink.anomaly({ series: this.table.series[row]!, timeUs: time, value }, verdict);
  }

  /** A series with too many times within its lateness gives up the oldest eighth of them: its watermark rises over them. */
  private boundTimes(row: number): void {
    const most = this.settings.maxRecentTimes;
    const live = this.times.trim(row, this.watermark[row]!);
    if (live >= most) this.raiseWatermark(row, this.times.nth(row, most >> 3));
  }

  private advanceClock(appendedAtMs: number): void {
    if (!(appendedAtMs > this.clockMs)) return;
    const period = Math.floor(this.clockMs / SWEEP_PERIOD_MS);
    this.clockMs = appendedAtMs;
    if (Math.floor(appendedAtMs / SWEEP_PERIOD_MS) > period) this.sweep();
  }

  /** Closes the windows of series that have gone quiet and forgets those that have been quiet for very long. */
  private sweep(): void {
    const { latenessMs, idleTimeoutMs, evictAfterMs } = this.settings;
    const idle: number[] = [];
    for (let row = 0; row < this.table.series.length; row++) {
      if (this.table.series[row] === undefined) continue;
      const quietMs = this.clockMs - this.lastAppendMs[row]!;
      const hasOpen = this.windows.nextClose[row]! < Infinity;
      if ((hasOpen && quietMs >= latenessMs + idleTimeoutMs) || quietMs >= evictAfterMs) idle.push(row);
    }
    // Rows are numbered otherwise after a restart: the order of outputs must not follow them.
    idle.sort((a, b) => Buffer.compare(this.table.series[a]!.hash, this.table.series[b]!.hash));
    for (const row of idle) {
      this.closeIdle(row);
      if (this.clockMs - this.lastAppendMs[row]! >= evictAfterMs) {
        this.removed.push(this.table.series[row]!.hash);
        this.removeRow(row);
      }
    }
  }

  /** The watermark passes the end of the last window, so that a reading which comes after all is late and no window closes twice. */
  private closeIdle(row: number): void {
    const last = this.maxTime[row]!;
    this.raiseWatermark(row, last - (last % LONG_WINDOW_US) + LONG_WINDOW_US);
    this.times.release(row);
    this.changed[row] = 1;
  }

  private addRow(key: SeriesFields['key']): number {
    const row = this.table.add(key);
    if (row >= this.maxTime.length) this.grow(Math.max(64, row * 2));
    this.maxTime[row] = this.watermark[row] = -Infinity;
    this.lastFlagged[row] = this.lastAlarm[row] = -Infinity;
    this.lastAppendMs[row] = this.clockMs;
    this.changed[row] = 0;
    this.detectors[row] = this.detectorKind.create();
    return row;
  }

  private removeRow(row: number): void {
    this.table.remove(row);
    this.times.release(row);
    this.windows.release(row);
    this.detectors[row] = undefined;
    this.changed[row] = 0;
  }

  private grow(rows: number): void {
    this.times.grow(rows);
    this.windows.grow(rows);
    this.maxTime = grownFloats(this.maxTime, rows, 0);
    this.watermark = grownFloats(this.watermark, rows, 0);
    this.lastAppendMs = grownFloats(this.lastAppendMs, rows, 0);
    this.lastFlagged = grownFloats(this.lastFlagged, rows, 0);
    this.lastAlarm = grownFloats(this.lastAlarm, rows, 0);
    const changed = new Uint8Array(rows);
    changed.set(this.changed);
    this.changed = changed;
  }

  private snapshot(row: number, writer: ByteWriter): Uint8Array {
    const fields: SeriesFields = {
      key: this.table.series[row]!.key,
      maxTime: this.maxTime[row]!,
      watermark: this.watermark[row]!,
      lastAppendMs: this.lastAppendMs[row]!,
      lastFlagged: this.lastFlagged[row]!,
      lastAlarm: this.lastAlarm[row]!,
      detector: this.detectorKind.name,
      detectorState: this.detectors[row]!.snapshot(),
    };
    return writeSeries(writer, fields, () => {
      this.times.write(row, this.watermark[row]!, writer);
      this.windows.write(row, writer);
    });
  }
}

function restoredDetector(kind: DetectorKind, fields: SeriesFields): Detector | undefined {
  if (fields.detector !== kind.name) return undefined;
  try {
    return kind.restore(fields.detectorState);
  } catch {
    // Whatever a detector can't read is the state of another version of it.
    return undefined;
  }
}
