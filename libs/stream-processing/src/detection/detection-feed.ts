import { type Detector, type DetectorKind, newVerdict, type Verdict } from '@tidewatch/anomaly-detection';
import { grownFloats } from '../columns';
import type { HashedSeries, StreamSink } from '../outputs';
import type { StreamSettings } from '../settings';

const FLAGGED_FROM = 0.5;

/** The part of a series' state that belongs to detection. */
export interface DetectionFields {
  readonly lastFlagged: number;
  readonly lastAlarm: number;
  /** Name of the detector and its snapshot. */
  readonly detector: string;
  readonly detectorState: Uint8Array;
}

/** The detectors of all series of a partition (by row): feeds each with the readings of its series in order and raises alarms. */
export class DetectionFeed {
  private readonly detectors: (Detector | undefined)[] = [];
  private readonly verdict: Verdict = newVerdict();
  private readonly alarmRestUs: number;
  private readonly alarmRepeatUs: number;

  // Columns by row, in µs of event time.
  private lastFlagged = new Float64Array(0);
  private lastAlarm = new Float64Array(0);

  /** `series` are those of the table, by row. */
  constructor(
    settings: StreamSettings,
    private readonly kind: DetectorKind,
    private readonly sink: StreamSink,
    private readonly series: readonly (HashedSeries | undefined)[],
  ) {
    this.alarmRestUs = settings.alarmRestMs * 1000;
    this.alarmRepeatUs = settings.alarmRepeatMs * 1000;
  }

  grow(rows: number): void {
    this.lastFlagged = grownFloats(this.lastFlagged, rows, 0);
    this.lastAlarm = grownFloats(this.lastAlarm, rows, 0);
  }

  /** A new series. */
  begin(row: number): void {
    this.detectors[row] = this.kind.create();
    this.lastFlagged[row] = this.lastAlarm[row] = -Infinity;
  }

  /** Instead of `begin`. Returns false when the detector had to begin anew, because its state is of another detector or version. */
  restore(row: number, fields: DetectionFields): boolean {
    const detector = restoredDetector(this.kind, fields);
    this.detectors[row] = detector ?? this.kind.create();
    this.lastFlagged[row] = fields.lastFlagged;
    this.lastAlarm[row] = fields.lastAlarm;
    return detector !== undefined;
  }

  release(row: number): void {
    this.detectors[row] = undefined;
  }

  fields(row: number): DetectionFields {
    return {
      lastFlagged: this.lastFlagged[row]!,
      lastAlarm: this.lastAlarm[row]!,
      detector: this.kind.name,
      detectorState: this.detectors[row]!.snapshot(),
    };
  }

  /** `time` is greater than all times that the row's detector has seen. */
  score(row: number, time: number, value: number): void {
    const { verdict } = this;
    this.detectors[row]!.observe(time, value, verdict);
    if (!(verdict.score >= FLAGGED_FROM)) return;
    const rested = time - this.lastFlagged[row]! >= this.alarmRestUs;
    this.lastFlagged[row] = time;
    if (!rested && time - this.lastAlarm[row]! < this.alarmRepeatUs) return;
    this.lastAlarm[row] = time;
    this.sink.anomaly({ series: this.series[row]!, timeUs: time, value }, verdict);
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
