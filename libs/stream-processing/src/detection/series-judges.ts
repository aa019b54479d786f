import {
  ALARM_SCORE,
  type Detector,
  type DetectorKind,
  type Judged,
  newVerdict,
  type Verdict,
} from '@tidewatch/anomaly-detection';
import type { HashedSeries } from '../outputs';
import { ByteReader, ByteWriter } from '../state/bytes';
import { BudgetShares } from './budget-shares';
import { DEFAULT_DETECTION, type DetectionSettings, settingsAsText } from './detection-settings';
import type { EpisodeStore } from './episode-store';
import { LimitFeed } from './limit-feed';

/** The part of a series' state that belongs to its detector. */
export interface DetectorFields {
  /** Name of the detector and its snapshot. */
  readonly detector: string;
  readonly detectorState: Uint8Array;
}

export interface SeriesJudgesOptions {
  /** Silence that ends an episode. */
  readonly silenceUs: number;
  /** The detector of a series raises an alarm by a reading, and all is still as it was before that. */
  beforeAlarm(row: number): void;
}

/** Serves all series in turn. */
const writer = new ByteWriter();

/** Who judges the readings of each series (by row): its detector by its share of the budget, and its static limits. What they say goes to the episodes. */
export class SeriesJudges {
  private readonly detectors: (Detector | undefined)[] = [];
  private readonly verdict: Verdict = newVerdict();
  private readonly limits: LimitFeed;
  /** One object for all readings. */
  private readonly judged: { -readonly [K in keyof Judged]: Judged[K] };
  private detectionSettings: DetectionSettings = DEFAULT_DETECTION;
  private readonly shares = new BudgetShares();
  /** Rows whose detector, or whose limits, had to begin anew when they were restored. */
  private readonly newDetectors = new Set<number>();
  private readonly newLimits = new Set<number>();

  /** `series` are those of the table, by row. */
  constructor(
    private readonly kind: DetectorKind,
    private readonly episodes: EpisodeStore,
    private readonly series: readonly (HashedSeries | undefined)[],
    private readonly options: SeriesJudgesOptions,
  ) {
    this.judged = { timeUs: 0.5, value: 0.5, verdict: this.verdict, judge: kind };
    this.limits = new LimitFeed(episodes, options.silenceUs);
  }

  grow(rows: number): void {
    this.shares.grow(rows);
  }

  /** From the next reading on. Tells the rows whose state is another one now. */
  use(settings: DetectionSettings, changed: (row: number) => void): void {
    this.detectionSettings = settings;
    this.series.forEach((series, row) => {
      if (series !== undefined && this.apply(row)) changed(row);
    });
  }

  /** By which the readings of a series are judged, as text. */
  settingsOf(row: number): string {
    return settingsAsText(this.detectionSettings.of(this.series[row]!));
  }

  /** A new series, which the episodes know. */
  begin(row: number): void {
    this.detectors[row] = this.kind.create();
    this.shares.begin(row, this.series[row]!.key.device);
    this.apply(row);
  }

  /** Before the series leaves the table. */
  release(row: number): void {
    this.detectors[row] = undefined;
    this.shares.release(row);
    this.limits.release(row);
    this.newDetectors.delete(row);
    this.newLimits.delete(row);
  }

  /** The next reading of a series. */
  score(row: number, time: number, value: number): void {
    const { judged, verdict } = this;
    const detector = this.detectors[row]!;
    if (this.shares.hasChanged(row)) detector.budget(this.shares.share(row));
    detector.judge(time, value, verdict);
    // Nothing is out of range: an episode that is open ends as if the series were calm.
    if (!this.shares.watches(row)) verdict.score = verdict.ratio = 0;
    if (verdict.score >= ALARM_SCORE) this.options.beforeAlarm(row);
    detector.learn();
    judged.timeUs = time;
    judged.value = value;
    this.episodes.take(row, judged);
    this.limits.take(row, time, value);
  }

  /** The series was silent for so long that its episodes have ended. */
  limitsBeginAnew(row: number): void {
    this.limits.beginAnew(row);
  }

  /** All that the next verdicts on a series depend on, as bytes. */
  snapshot(row: number): Uint8Array {
    writer.clear();
    writer.bytes(this.detectors[row]!.snapshot());
    this.limits.write(row, writer);
    return writer.written().slice();
  }

  /** To a snapshot, by the settings of now. */
  goBack(row: number, snapshot: Uint8Array): void {
    const reader = new ByteReader(snapshot);
    this.detectors[row]!.restore(reader.bytes());
    this.limits.read(row, reader);
  }

  fields(row: number): DetectorFields {
    return {
      detector: this.kind.name,
      detectorState: this.detectors[row]!.snapshot(),
    };
  }

  /** After `begin`. Returns false when the detector had to begin anew, because its state is of another detector or version. */
  restore(row: number, fields: DetectorFields): boolean {
    const detector = restoredDetector(this.kind, fields);
    if (detector !== undefined) this.detectors[row] = detector;
    else this.newDetectors.add(row);
    return detector !== undefined;
  }

  /** What had to begin anew goes on as the same in the row `from` of others, by the same settings. Returns false where nothing had to. */
  learn(row: number, learned: SeriesJudges, from: number): boolean {
    const hadNewDetector = this.newDetectors.delete(row);
    const hadNewLimits = this.newLimits.delete(row);
    if (hadNewDetector) this.restore(row, learned.fields(from));
    if (hadNewLimits) this.limits.learn(row, learned.limits, from);
    return hadNewDetector || hadNewLimits;
  }

  /** What goes on beyond the limits of a series. */
  writeLimits(row: number, writer: ByteWriter): void {
    this.limits.write(row, writer);
  }

  /** Into a row that has begun and has its episodes. Returns false when its limits had to begin anew. Throws `SnapshotError`. */
  readLimits(row: number, reader: ByteReader): boolean {
    // Once more: now it is known whether episodes are open.
    this.apply(row);
    const isWhole = this.limits.read(row, reader);
    if (!isWhole) this.newLimits.add(row);
    return isWhole;
  }

  /** Returns whether the state of the series is another one now. */
  private apply(row: number): boolean {
    const detection = this.detectionSettings.of(this.series[row]!);
    this.shares.set(row, detection);
    return this.limits.set(row, detection.limits);
  }
}

function restoredDetector(kind: DetectorKind, fields: DetectorFields): Detector | undefined {
  if (fields.detector !== kind.name) return undefined;
  try {
    return kind.restore(fields.detectorState);
  } catch {
    // Whatever a detector can't read is the state of another version of it.
    return undefined;
  }
}
