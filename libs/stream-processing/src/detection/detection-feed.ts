import type { DetectorKind } from '@tidewatch/anomaly-detection';
import { grownFlags, grownFloats } from '../columns';
import type { HashedSeries, RevisionCounts, StreamSink } from '../outputs';
import type { StreamSettings } from '../settings';
import type { ByteReader, ByteWriter } from '../state/bytes';
import type { DetectionSettings } from './detection-settings';
import { EpisodeStore } from './episode-store';
import { Histories } from './histories';
import { OrderedReadings } from './ordered-readings';
import { type DetectorFields, SeriesJudges } from './series-judges';

/** Readings of one series that can wait at once: 4 to 8 KB. */
export const MOST_HELD = 256;
/** After a reading out of order, those of its series wait for each other until this much event time has passed without another. */
const DISORDER_MEMORY_US = 3_600_000_000;
/** Readings that have waited long enough are looked for when the log's time enters a new period of this length. */
const RELEASE_PERIOD_MS = 1_000;
const NONE = new OrderedReadings();

/**
 * The detectors of all series of a partition (by row): feeds each with the readings of its series in order, and makes episodes of what they say.
 *
 * A series that has always been in order is fed at once. One that has not is held back by `reorderMs`: a reading is fed when the event time of
 * its series has passed it by so much, or when it has waited for so long in the log's time, so that a slow series need not wait for its next reading.
 *
 * What comes later than that is judged, with all readings after it, once more, where a history of the series is kept: while it is held back like this, and
 * from the beginning of an episode on until nothing that was told of it can change any more.
 */
export class DetectionFeed {
  private readonly episodes: EpisodeStore;
  private readonly judges: SeriesJudges;
  private readonly histories: Histories;

  // Columns by row, in µs of event time.
  /** A reading at or after this time, and after all others, need not wait. */
  private orderlyFrom = new Float64Array(0);
  /** Where readings are held: the last time that was fed, and the log's time (ms) since when the earliest is held. */
  private lastFed = new Float64Array(0);
  private heldSinceMs = new Float64Array(0);

  private readonly held: (OrderedReadings | undefined)[] = [];
  /** Rows that hold readings, and some that no longer do. */
  private holding: number[] = [];
  private isListed = new Uint8Array(0);
  private readonly reorderUs: number;
  private clockMs = 0;

  /** `series` are those of the table, by row. */
  constructor(
    private readonly settings: StreamSettings,
    kind: DetectorKind,
    sink: StreamSink,
    private readonly series: readonly (HashedSeries | undefined)[],
  ) {
    this.reorderUs = settings.reorderMs * 1000;
    const silenceUs = (settings.latenessMs + settings.idleTimeoutMs) * 1000;
    const episodeSettings = { calmUs: settings.episodeCalmMs * 1000, silenceUs };
    this.episodes = new EpisodeStore(episodeSettings, series, {
      tell: (row, report) => sink.episode(series[row]!, report),
      ended: (row, told) => this.histories.note(row, told),
    });
    this.judges = new SeriesJudges(kind, this.episodes, series, {
      silenceUs,
      beforeAlarm: (row) => this.histories.begin(row),
    });
    this.histories = new Histories(settings, this.judges, this.episodes, series);
  }

  get openEpisodes(): number {
    return this.episodes.openCount;
  }

  /** Of readings that came too late to be judged in order, since the beginning of this object. */
  get revisions(): RevisionCounts {
    return this.histories.counts;
  }

  grow(rows: number): void {
    this.episodes.grow(rows);
    this.judges.grow(rows);
    this.orderlyFrom = grownFloats(this.orderlyFrom, rows, -Infinity);
    this.lastFed = grownFloats(this.lastFed, rows, 0);
    this.heldSinceMs = grownFloats(this.heldSinceMs, rows, 0);
    this.isListed = grownFlags(this.isListed, rows);
  }

  /** From the next reading that is fed on; what was fed before is not judged by them. Tells the rows whose state is another one now. */
  use(settings: DetectionSettings, changed: (row: number) => void): void {
    this.judges.use(settings, changed);
    this.histories.settingsChanged(changed);
  }

  /** A new series. */
  begin(row: number): void {
    this.episodes.begin(row);
    this.judges.begin(row);
  }

  /** After `begin` and `read`. Returns false when the detector had to begin anew, because its state is of another detector or version. */
  restore(row: number, fields: DetectorFields): boolean {
    const isWhole = this.judges.restore(row, fields);
    if (!isWhole) this.histories.release(row);
    return isWhole;
  }

  /** Takes what the judges of a series that had to begin anew have learned again in the row `from` of another feed. Returns false where none had to. */
  learn(row: number, learned: DetectionFeed, from: number): boolean {
    return this.judges.learn(row, learned.judges, from);
  }

  /** Before the series leaves the table. */
  release(row: number): void {
    this.histories.release(row);
    this.judges.release(row);
    this.episodes.release(row);
    this.orderlyFrom[row] = -Infinity;
    this.held[row] = undefined;
  }

  /**
   * Takes a reading that is no duplicate; `newest` is the greatest time of its series before it. Returns false where it comes too late to be judged: a
   * later one was, and no history goes back so far.
   */
  take(row: number, time: number, value: number, newest: number): boolean {
    if (!(time > newest && time >= this.orderlyFrom[row]!)) return this.hold(row, time, value, newest);
    if (this.held[row] !== undefined) this.letGo(row);
    this.score(row, time, value);
    return true;
  }

  /** The log's time has come to `clockMs`: feeds what has waited for long enough, judges what came late, and tells the rows. */
  advanceClock(clockMs: number, released: (row: number) => void): void {
    const isNewPeriod = this.entersPeriod(clockMs);
    this.clockMs = clockMs;
    if (isNewPeriod && this.holding.length > 0) this.releaseDue(released);
    this.histories.advanceClock(clockMs, released);
  }

  /** Whether something that waits would be fed or judged if the log's time came to `clockMs`. */
  isDue(clockMs: number): boolean {
    if (this.histories.isDue(clockMs)) return true;
    if (!this.entersPeriod(clockMs)) return false;
    return this.holding.some((row) => this.heldCount(row) > 0 && this.hasWaitedAt(row, clockMs));
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
      const holds = this.heldCount(row) > 0;
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

  /** The series has gone quiet, and all that comes from now on is later than what came. */
  close(row: number): void {
    this.letGo(row);
    this.histories.end(row);
  }

  /** Feeds all that a series holds back, and gives up the room for it. */
  private letGo(row: number): void {
    this.feedUntil(row, Infinity);
    this.held[row] = undefined;
  }

  /** Whether an episode of the series ends when it has been silent for so long. */
  endsEpisodes(row: number, quietMs: number): boolean {
    return this.episodes.endsBySilence(row, quietMs * 1000);
  }

  /** Ends the episodes of a series that has been silent for so long, all where it is Infinity. Returns whether any ended. */
  closeEpisodes(row: number, quietMs: number): boolean {
    const haveEnded = this.episodes.closeSilent(row, quietMs * 1000);
    if (haveEnded) this.judges.limitsBeginAnew(row);
    return haveEnded;
  }

  fields(row: number): DetectorFields {
    return this.judges.fields(row);
  }

  restoreClock(clockMs: number): void {
    this.clockMs = clockMs;
    this.histories.restoreClock(clockMs);
  }

  /** What a series holds back (nothing, for most), its episodes, what goes on beyond its limits, and its history (none, for most). */
  write(row: number, writer: ByteWriter): void {
    this.writeHeld(row, writer);
    this.episodes.write(row, writer);
    this.judges.writeLimits(row, writer);
    this.histories.write(row, writer);
  }

  /** Into a row that has begun. Returns false when its limits had to begin anew. Throws `SnapshotError`. */
  read(row: number, reader: ByteReader): boolean {
    this.readHeld(row, reader);
    this.episodes.read(row, reader);
    const isWhole = this.judges.readLimits(row, reader);
    this.histories.read(row, reader);
    if (!isWhole) this.histories.release(row);
    return isWhole;
  }

  private heldCount(row: number): number {
    return this.held[row]?.count ?? 0;
  }

  private writeHeld(row: number, writer: ByteWriter): void {
    const isOrderly = this.orderlyFrom[row] === -Infinity;
    writer.byte(isOrderly ? 0 : 1);
    if (isOrderly) return;
    writer.float64(this.orderlyFrom[row]!);
    (this.held[row] ?? NONE).write(writer);
    if (this.heldCount(row) === 0) return;
    writer.float64(this.lastFed[row]!);
    writer.float64(this.heldSinceMs[row]!);
  }

  private readHeld(row: number, reader: ByteReader): void {
    if (reader.byte() === 0) return;
    this.orderlyFrom[row] = reader.float64();
    this.held[row] = OrderedReadings.read(reader, MOST_HELD);
    if (this.heldCount(row) === 0) return;
    this.lastFed[row] = reader.float64();
    this.heldSinceMs[row] = reader.float64();
    this.list(row);
  }

  private hold(row: number, time: number, value: number, newest: number): boolean {
    const inOrder = time > newest;
    if (!inOrder) {
      this.orderlyFrom[row] = Math.max(this.orderlyFrom[row]!, time + DISORDER_MEMORY_US);
      this.histories.begin(row);
    }
    const held = (this.held[row] ??= new OrderedReadings());
    // Where none is held, all have been fed.
    if (held.count === 0) this.lastFed[row] = newest;
    if (time <= this.lastFed[row]!) return this.histories.takeLate(row, time, value);
    if (held.count === 0) {
      this.heldSinceMs[row] = this.clockMs;
      this.list(row);
    }
    if (held.count >= MOST_HELD) this.feedUntil(row, held.time(0));
    if (time <= this.lastFed[row]!) return this.histories.takeLate(row, time, value);
    held.insert(time, value);
    if (inOrder) this.feedUntil(row, time - this.reorderUs);
    return true;
  }

  private list(row: number): void {
    if (this.isListed[row] === 0) this.holding.push(row);
    this.isListed[row] = 1;
  }

  private feedUntil(row: number, until: number): void {
    const held = this.held[row];
    while (held !== undefined && held.count > 0) {
      const time = held.time(0);
      if (time > until) return;
      this.score(row, time, held.shift());
      this.lastFed[row] = time;
      this.heldSinceMs[row] = this.clockMs;
    }
  }

  /** `time` is greater than all times that the row's judges have seen. */
  private score(row: number, time: number, value: number): void {
    const isOrderly = time >= this.orderlyFrom[row]!;
    if (!isOrderly || this.episodes.hasOpen(row)) this.histories.begin(row);
    if (this.histories.has(row)) {
      this.histories.score(row, time, value, isOrderly);
      return;
    }
    this.judges.score(row, time, value);
    if (this.histories.has(row)) this.histories.keep(row, time, value);
    else if (this.episodes.hasOpen(row)) this.histories.begin(row);
  }
}
