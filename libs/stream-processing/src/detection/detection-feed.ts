import {
  type Detector,
  type DetectorKind,
  type Judged,
  newVerdict,
  type Verdict,
} from '@tidewatch/anomaly-detection';
import { grownFlags, grownFloats } from '../columns';
import type { HashedSeries, StreamSink } from '../outputs';
import type { StreamSettings } from '../settings';
import type { ByteReader, ByteWriter } from '../state/bytes';
import { BudgetShares } from './budget-shares';
import { DEFAULT_DETECTION, type DetectionSettings } from './detection-settings';
import { EpisodeStore } from './episode-store';
import { HeldReadings, MOST_HELD } from './held-readings';
import { LimitFeed } from './limit-feed';

/** After a reading out of order, those of its series wait for each other until this much event time has passed without another. */
const DISORDER_MEMORY_US = 3_600_000_000;
/** Readings that have waited long enough are looked for when the log's time enters a new period of this length. */
const RELEASE_PERIOD_MS = 1_000;

/** The part of a series' state that belongs to detection. */
export interface DetectionFields {
  /** Name of the detector and its snapshot. */
  readonly detector: string;
  readonly detectorState: Uint8Array;
}

/**
 * The detectors of all series of a partition (by row): feeds each with the readings of its series in order, and makes episodes of what they say.
 *
 * A series that has always been in order is fed at once. One that has not is held back by `reorderMs`: a reading is fed when the event time of
 * its series has passed it by so much, or when it has waited for so long in the log's time, so that a slow series need not wait for its next reading.
 */
export class DetectionFeed {
  private readonly detectors: (Detector | undefined)[] = [];
  private readonly verdict: Verdict = newVerdict();
  private readonly episodes: EpisodeStore;
  private readonly limits: LimitFeed;
  /** One object for all readings. */
  private readonly judged: { -readonly [K in keyof Judged]: Judged[K] };
  private detectionSettings: DetectionSettings = DEFAULT_DETECTION;
  private readonly shares = new BudgetShares();

  // Columns by row, in µs of event time.
  /** A reading at or after this time, and after all others, need not wait. */
  private orderlyFrom = new Float64Array(0);
  /** Where readings are held: the last time that was fed, and the log's time (ms) since when the earliest is held. */
  private lastFed = new Float64Array(0);
  private heldSinceMs = new Float64Array(0);

  private readonly held = new HeldReadings();
  /** Rows that hold readings, and some that no longer do. */
  private holding: number[] = [];
  private isListed = new Uint8Array(0);
  private readonly reorderUs: number;
  private clockMs = 0;

  /** `series` are those of the table, by row. */
  constructor(
    private readonly settings: StreamSettings,
    private readonly kind: DetectorKind,
    sink: StreamSink,
    private readonly series: readonly (HashedSeries | undefined)[],
  ) {
    this.reorderUs = settings.reorderMs * 1000;
    this.judged = { timeUs: 0.5, value: 0.5, verdict: this.verdict, judge: kind };
    const silenceUs = (settings.latenessMs + settings.idleTimeoutMs) * 1000;
    const episodeSettings = { calmUs: settings.episodeCalmMs * 1000, silenceUs };
    this.episodes = new EpisodeStore(episodeSettings, series, (of, report) => sink.episode(of, report));
    this.limits = new LimitFeed(this.episodes, silenceUs);
  }

  get openEpisodes(): number {
    return this.episodes.openCount;
  }

  grow(rows: number): void {
    this.episodes.grow(rows);
    this.orderlyFrom = grownFloats(this.orderlyFrom, rows, -Infinity);
    this.lastFed = grownFloats(this.lastFed, rows, 0);
    this.heldSinceMs = grownFloats(this.heldSinceMs, rows, 0);
    this.held.grow(rows);
    this.isListed = grownFlags(this.isListed, rows);
    this.shares.grow(rows);
  }

  /** From the next reading that is fed on. Tells the rows whose state is another one now. */
  use(settings: DetectionSettings, changed: (row: number) => void): void {
    this.detectionSettings = settings;
    this.series.forEach((series, row) => {
      if (series !== undefined && this.apply(row)) changed(row);
    });
  }

  /** Returns whether the state of the series is another one now. */
  private apply(row: number): boolean {
    const detection = this.detectionSettings.of(this.series[row]!);
    this.shares.set(row, detection);
    return this.limits.set(row, detection.limits);
  }

  /** A new series. */
  begin(row: number): void {
    this.detectors[row] = this.kind.create();
    this.episodes.begin(row);
    this.shares.begin(row, this.series[row]!.key.device);
    this.apply(row);
  }

  /** After `begin`. Returns false when the detector had to begin anew, because its state is of another detector or version. */
  restore(row: number, fields: DetectionFields): boolean {
    const detector = restoredDetector(this.kind, fields);
    if (detector !== undefined) this.detectors[row] = detector;
    return detector !== undefined;
  }

  /** Before the series leaves the table. */
  release(row: number): void {
    this.detectors[row] = undefined;
    this.episodes.release(row);
    this.shares.release(row);
    this.limits.release(row);
    this.orderlyFrom[row] = -Infinity;
    this.held.release(row);
  }

  /**
   * Takes a reading that is no duplicate; `newest` is the greatest time of its series before it. Returns false where it comes too late for
   * the detector, which has seen a later one.
   */
  take(row: number, time: number, value: number, newest: number): boolean {
    if (!(time > newest && time >= this.orderlyFrom[row]!)) return this.hold(row, time, value, newest);
    if (this.held.count(row) > 0) this.close(row);
    this.score(row, time, value);
    return true;
  }

  /** The log's time has come to `clockMs`: feeds what has waited for long enough, and tells the rows that held it. */
  advanceClock(clockMs: number, released: (row: number) => void): void {
    const isNewPeriod = this.entersPeriod(clockMs);
    this.clockMs = clockMs;
    if (isNewPeriod && this.holding.length > 0) this.releaseDue(released);
  }

  /** Whether something that waits would be fed if the log's time came to `clockMs`. */
  isDue(clockMs: number): boolean {
    if (!this.entersPeriod(clockMs)) return false;
    return this.holding.some((row) => this.held.count(row) > 0 && this.hasWaitedAt(row, clockMs));
  }

  private entersPeriod(clockMs: number): boolean {
    return Math.floor(clockMs / RELEASE_PERIOD_MS) > Math.floor(this.clockMs / RELEASE_PERIOD_MS);
  }

  private hasWaitedAt(row: number, clockMs: number): boolean {
    return clockMs - this.heldSinceMs[row]! >= this.settings.reorderMs;
  }

  private releaseDue(released: (row: number) => void): void {
    const due: number[] = [];
    this.holding = this.holding.filter((row) => {
      const holds = this.held.count(row) > 0;
      if (!holds) this.isListed[row] = 0;
      else if (this.hasWaitedAt(row, this.clockMs)) due.push(row);
      return holds;
    });
    // In the order of their hashes, as rows are numbered otherwise after a restart.
    due.sort((a, b) => Buffer.compare(this.series[a]!.hash, this.series[b]!.hash));
    for (const row of due) {
      this.feedUntil(row, Infinity);
      released(row);
    }
  }

  /** Feeds all that a series holds back, and gives up the room for it. */
  close(row: number): void {
    this.feedUntil(row, Infinity);
    this.held.release(row);
  }

  /** Whether an episode of the series ends when it has been silent for so long. */
  endsEpisodes(row: number, quietMs: number): boolean {
    return this.episodes.endsBySilence(row, quietMs * 1000);
  }

  /** Ends the episodes of a series that has been silent for so long, all where it is Infinity. Returns whether any ended. */
  closeEpisodes(row: number, quietMs: number): boolean {
    const haveEnded = this.episodes.closeSilent(row, quietMs * 1000);
    if (haveEnded) this.limits.beginAnew(row);
    return haveEnded;
  }

  fields(row: number): DetectionFields {
    return {
      detector: this.kind.name,
      detectorState: this.detectors[row]!.snapshot(),
    };
  }

  restoreClock(clockMs: number): void {
    this.clockMs = clockMs;
  }

  /** What a series holds back (nothing, for most), its episodes, and what goes on beyond its limits. */
  write(row: number, writer: ByteWriter): void {
    this.writeHeld(row, writer);
    this.episodes.write(row, writer);
    this.limits.write(row, writer);
  }

  /** Into a row that has begun. Returns false when its limits had to begin anew. Throws `SnapshotError`. */
  read(row: number, reader: ByteReader): boolean {
    this.readHeld(row, reader);
    this.episodes.read(row, reader);
    // Once more: now it is known whether episodes are open.
    this.apply(row);
    return this.limits.read(row, reader);
  }

  private writeHeld(row: number, writer: ByteWriter): void {
    const isOrderly = this.orderlyFrom[row] === -Infinity;
    writer.byte(isOrderly ? 0 : 1);
    if (isOrderly) return;
    writer.float64(this.orderlyFrom[row]!);
    this.held.write(row, writer);
    if (this.held.count(row) === 0) return;
    writer.float64(this.lastFed[row]!);
    writer.float64(this.heldSinceMs[row]!);
  }

  private readHeld(row: number, reader: ByteReader): void {
    if (reader.byte() === 0) return;
    this.orderlyFrom[row] = reader.float64();
    this.held.read(row, reader);
    if (this.held.count(row) === 0) return;
    this.lastFed[row] = reader.float64();
    this.heldSinceMs[row] = reader.float64();
    this.list(row);
  }

  private hold(row: number, time: number, value: number, newest: number): boolean {
    const inOrder = time > newest;
    if (!inOrder) this.orderlyFrom[row] = Math.max(this.orderlyFrom[row]!, time + DISORDER_MEMORY_US);
    const count = this.held.count(row);
    // Where none is held, all have been fed.
    if (count === 0) this.lastFed[row] = newest;
    if (time <= this.lastFed[row]!) return false;
    if (count === 0) {
      this.heldSinceMs[row] = this.clockMs;
      this.list(row);
    }
    if (count >= MOST_HELD) this.feedUntil(row, this.held.firstTime(row));
    if (time <= this.lastFed[row]!) return false;
    this.held.insert(row, time, value);
    if (inOrder) this.feedUntil(row, time - this.reorderUs);
    return true;
  }

  private list(row: number): void {
    if (this.isListed[row] === 0) this.holding.push(row);
    this.isListed[row] = 1;
  }

  private feedUntil(row: number, until: number): void {
    while (this.held.count(row) > 0) {
      const time = this.held.firstTime(row);
      if (time > until) return;
      this.score(row, time, this.held.shift(row));
      this.lastFed[row] = time;
      this.heldSinceMs[row] = this.clockMs;
    }
  }

  /** `time` is greater than all times that the row's detector has seen. */
  private score(row: number, time: number, value: number): void {
    const { judged, verdict } = this;
    const detector = this.detectors[row]!;
    if (this.shares.hasChanged(row)) detector.budget(this.shares.share(row));
    detector.observe(time, value, verdict);
    // Nothing is out of range: an episode that is open ends as if the series were calm.
    if (!this.shares.watches(row)) verdict.score = verdict.ratio = 0;
    judged.timeUs = time;
    judged.value = value;
    this.episodes.take(row, judged);
    this.limits.take(row, time, value);
  }
}

function restoredDetector(kind: DetectorKind, fields: DetectionFields): Detector | undefined {
  if (fields.detector !== kind.name) return undefined;
  try {
    return kind.restore(fields.detectorState);
  } catch {
    // Whatever a detector can't read is the state of another version of it.
    return undefined;
  }
}
