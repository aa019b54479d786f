import type { ToldEpisode } from '@tidewatch/anomaly-detection';
import type { HashedSeries, RevisionCounts } from '../outputs';
import type { StreamSettings } from '../settings';
import type { ByteReader, ByteWriter } from '../state/bytes';
import type { EpisodeStore } from './episode-store';
import { History, MOST_KEPT, READING_BYTES, type Snapshot } from './history';
import type { SeriesJudges } from './series-judges';

/** Late readings are looked for when the log's time enters a new period of this length, and those of one series are judged so much apart. */
const LOOK_PERIOD_MS = 1_000;
const JUDGE_EVERY_MS = 10_000;
/** Series that are judged again at once, so that a plant whose readings were all held up does not hold up everything else. The others follow in the next period. */
export const MOST_AT_ONCE = 512;
/** Snapshots are at least so many readings apart. */
const FEWEST_BETWEEN = 64;
/** No history begins above this share of the room there is: those that there are need some to grow. */
const BEGIN_BELOW = 0.875;

/**
 * What is kept of series (by row) so that late readings can still change what was told: a snapshot of their judges, and the readings since. A late
 * reading is put among these, and from the snapshot on all are judged once more, as if it had come in order; what differs from what was told is told.
 *
 * That is done when the log's time has gone on, for a series at most once in 10 s of it; at the latest when the event time of the series has passed the
 * late reading by the allowed lateness.
 */
export class Histories {
  readonly counts: RevisionCounts = { rejudged: 0, cut: 0 };

  private readonly rows: (History | undefined)[] = [];
  /** Rows whose late readings are not judged yet. */
  private readonly stale = new Set<number>();
  private bytes = 0;
  private clockMs = 0;
  private readonly latenessUs: number;

  /** `series` are those of the table, by row. */
  constructor(
    private readonly settings: Pick<StreamSettings, 'latenessMs' | 'maxHistoryBytes'>,
    private readonly judges: SeriesJudges,
    private readonly episodes: EpisodeStore,
    private readonly series: readonly (HashedSeries | undefined)[],
  ) {
    this.latenessUs = settings.latenessMs * 1000;
  }

  has(row: number): boolean {
    return this.rows[row] !== undefined;
  }

  /** From behind the last reading that was taken in, if there is none yet and there is room. */
  begin(row: number): void {
    if (this.has(row) || this.bytes >= this.settings.maxHistoryBytes * BEGIN_BELOW) return;
    const history = new History(this.judges.settingsOf(row), this.snapshot(row));
    this.rows[row] = history;
    this.bytes += history.bytes;
  }

  /** Judges the next reading of a series that has a history, and keeps it. Where `isOrderly`, the history ends when nothing told can change any more. */
  score(row: number, time: number, value: number, isOrderly: boolean): void {
    const history = this.rows[row]!;
    const finalUs = time - this.latenessUs;
    if (history.isStale && history.lateUs <= finalUs) this.rejudge(row, history);
    this.judges.score(row, time, value);
    this.keep(row, time, value);
    const since = history.next ?? history.base;
    const isLong = history.sinceNext >= FEWEST_BETWEEN && since.timeUs <= finalUs;
    if (isLong || history.sinceNext >= MOST_KEPT / 2) this.snapshotAgain(row, history);
    if (this.bytes > this.settings.maxHistoryBytes) {
      this.counts.cut += 1;
      this.end(row);
    } else if (isOrderly && !history.isStale && !this.episodes.hasOpen(row)) {
      if (history.told.every(({ decidedUs }) => decidedUs <= finalUs)) this.end(row);
    }
  }

  /** The reading that was just judged. */
  keep(row: number, time: number, value: number): void {
    this.rows[row]!.append(time, value);
    this.bytes += READING_BYTES;
  }

  /** A reading that came too late to be judged in order. Returns false where it lies before all that is kept. */
  takeLate(row: number, time: number, value: number): boolean {
    const history = this.rows[row];
    if (history === undefined || time <= history.base.timeUs) return false;
    if (history.readings.count >= MOST_KEPT) this.rejudge(row, history);
    if (time <= history.base.timeUs) return false;
    this.bytes -= history.bytes;
    history.insertLate(time, value);
    this.bytes += history.bytes;
    this.counts.rejudged += 1;
    this.stale.add(row);
    return true;
  }

  /** An episode of the series has ended, and was told. */
  note(row: number, told: ToldEpisode): void {
    const history = this.rows[row];
    if (history === undefined) return;
    this.bytes -= history.bytes;
    history.told.push(told);
    this.bytes += history.bytes;
  }

  /** Whether late readings would be judged if the log's time came to `clockMs`. */
  isDue(clockMs: number): boolean {
    if (!this.entersPeriod(clockMs)) return false;
    for (const row of this.stale) if (this.isDueAt(row, clockMs)) return true;
    return false;
  }

  /** Tells the rows that were judged again. */
  advanceClock(clockMs: number, changed: (row: number) => void): void {
    const isNewPeriod = this.entersPeriod(clockMs);
    this.clockMs = clockMs;
    if (!isNewPeriod || this.stale.size === 0) return;
    const due = [...this.stale].filter((row) => this.isDueAt(row, clockMs));
    // Those that wait for the longest first, in the order of their hashes, as rows are numbered otherwise after a restart.
    const since = (row: number) => this.rows[row]!.judgedMs;
    due.sort((a, b) => since(a) - since(b) || Buffer.compare(this.series[a]!.hash, this.series[b]!.hash));
    for (const row of due.slice(0, MOST_AT_ONCE)) {
      this.rejudge(row, this.rows[row]!);
      changed(row);
    }
  }

  restoreClock(clockMs: number): void {
    this.clockMs = clockMs;
  }

  /** What was judged by other settings can't be judged again: that is forgotten, with what came late. Tells the rows. */
  settingsChanged(changed: (row: number) => void): void {
    this.rows.forEach((history, row) => {
      if (history === undefined || history.settings === this.judges.settingsOf(row)) return;
      this.release(row);
      changed(row);
    });
  }

  /** Judges what came late, if anything did, and keeps nothing from now on. Returns whether there was something. */
  end(row: number): boolean {
    const history = this.rows[row];
    if (history === undefined) return false;
    if (history.isStale) this.rejudge(row, history);
    this.release(row);
    return true;
  }

  /** Forgets what is kept, without a look at it. */
  release(row: number): void {
    this.bytes -= this.rows[row]?.bytes ?? 0;
    this.rows[row] = undefined;
    this.stale.delete(row);
  }

  write(row: number, writer: ByteWriter): void {
    const history = this.rows[row];
    writer.byte(history === undefined ? 0 : 1);
    history?.write(writer);
  }

  /** Into a row whose settings are known: where they have changed since, there is no history. Throws `SnapshotError`. */
  read(row: number, reader: ByteReader): void {
    if (reader.byte() === 0) return;
    const history = History.read(reader);
    if (history.settings !== this.judges.settingsOf(row)) return;
    this.rows[row] = history;
    this.bytes += history.bytes;
    if (history.isStale) this.stale.add(row);
  }

  private entersPeriod(clockMs: number): boolean {
    return Math.floor(clockMs / LOOK_PERIOD_MS) > Math.floor(this.clockMs / LOOK_PERIOD_MS);
  }

  private isDueAt(row: number, clockMs: number): boolean {
    return clockMs - this.rows[row]!.judgedMs >= JUDGE_EVERY_MS;
  }

  private snapshot(row: number): Snapshot {
    return {
      ...{ timeUs: this.episodes.lastTime(row), judges: this.judges.snapshot(row) },
      episodes: this.episodes.snapshot(row),
    };
  }

  /** Goes on from the later snapshot, if there is one, and takes another. */
  private snapshotAgain(row: number, history: History): void {
    if (history.isStale) this.rejudge(row, history);
    this.bytes -= history.bytes;
    if (history.next !== undefined) history.advance(history.next);
    history.next = this.snapshot(row);
    history.sinceNext = 0;
    this.bytes += history.bytes;
  }

  /**
   * From the snapshot on, all readings in order. On the way another snapshot is taken, behind all that no late reading can come before any more; or,
   * where too many are kept, behind the earlier half of what may be kept.
   */
  private rejudge(row: number, history: History): void {
    this.bytes -= history.bytes;
    const { readings } = history;
    const isFull = readings.count >= MOST_KEPT;
    const start = (isFull ? undefined : history.next) ?? history.base;
    const finalUs = readings.time(readings.count - 1) - this.latenessUs;
    const settled = Math.max(readings.countUntil(finalUs), readings.count - MOST_KEPT / 2);
    let base: Snapshot | undefined;
    const decided = history.told.filter(({ decidedUs }) => decidedUs <= start.timeUs);
    const open = history.told.filter(({ decidedUs }) => decidedUs > start.timeUs);
    this.judges.goBack(row, start.judges);
    const told = this.episodes.rejudge(row, start.episodes, open, () => {
      for (let i = readings.countUntil(start.timeUs); i < readings.count; i++) {
        this.judges.score(row, readings.time(i), readings.value(i));
        if (i === settled - 1) base = this.snapshot(row);
      }
    });
    history.told = [...decided, ...told];
    history.lateUs = -Infinity;
    history.judgedMs = this.clockMs;
    if (base !== undefined) {
      history.advance({ ...base, episodes: this.episodes.identified(row, base.episodes, told) });
    }
    this.bytes += history.bytes;
    this.stale.delete(row);
  }
}
