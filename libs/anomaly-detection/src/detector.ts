/** From this score on a reading raises an alarm. */
export const ALARM_SCORE = 0.5;

/** What a detector says of one reading. One object is reused for all readings: copy what you keep. */
export interface Verdict {
  /** 0 to 1; from `ALARM_SCORE` on the reading raises an alarm. 0 while the detector is still learning. */
  score: number;
  /**
   * The deviation in units of its limit. From 1 on the reading is out of range, also where the score is lower because an alarm was just
   * raised. 0 while learning. What follows is filled in from 1 on only.
   */
  ratio: number;
  /** Range of values which would not have been flagged, infinite where there is no bound; of a stuck series, its usual range. NaN while learning. */
  expectedMin: number;
  expectedMax: number;
  /** How many times larger than usual the deviation is; Infinity where there never was one. 0 while learning. */
  deviation: number;
  /**
   * What is unusual: the reading itself, the mean of the last readings whatever this one is, or that nothing changes any more. Of a static limit:
   * the reading is below or above it, changed faster than it, or has not changed for longer.
   */
  cause: 'value' | 'level' | 'stuck' | 'below' | 'above' | 'rate' | 'no-change';
  /** The value, or that mean; how much it changed in a second, or for how many seconds it did not. */
  observed: number;
  /** How strongly each statistic of the kind fired, in their order and units. */
  readonly strengths: Float64Array;
}

/** A statistic of a detector: its name in words, and what its strength is counted in. */
export interface Statistic {
  readonly name: string;
  /** `surprise` is -log10 of a tail probability: 3 is one in a thousand. `sigma` counts usual deviations, `limit` limits, `share` shares of the range seen. */
  readonly unit: 'surprise' | 'sigma' | 'limit' | 'share';
}

/** Statistics that a verdict has room for. */
export const MOST_STATISTICS = 8;

/** The state machine of one series. It sees (time, value) pairs in order of time and nothing else. */
export interface Detector {
  /** What it says of the next reading; its state stays as it is. O(1), no allocation. `timeUs` rises from reading to reading; `value` is finite. */
  judge(timeUs: number, value: number, verdict: Verdict): void;
  /** Takes in the reading that was judged last, before any detector judges another one. O(1), no allocation. */
  learn(): void;
  /**
   * False alarms that are accepted of this series in a week; 1 until it is told. Its owner shares what is accepted of a device among its series.
   * Not part of the snapshot.
   */
  budget(alarmsPerWeek: number): void;
  /**
   * State as bytes, versioned. A detector restored from it continues bit for bit. It may be a view that the next snapshot of any detector
   * overwrites: copy what you keep.
   */
  snapshot(): Uint8Array;
  /** Takes the state of a snapshot in place of its own. Throws `SnapshotError` as its kind does; its state is then undefined. Keeps its budget. */
  restore(bytes: Uint8Array): void;
}

/** Judges the next reading, and takes it in. */
export function observe(detector: Detector, timeUs: number, value: number, verdict: Verdict): void {
  detector.judge(timeUs, value, verdict);
  detector.learn();
}

/** Whatever judges readings, and can say why. */
export interface Judge {
  readonly name: string;
  /** At most `MOST_STATISTICS`. */
  readonly statistics: readonly Statistic[];
  /** What is unusual about a reading out of range: a part of a sentence that follows the value and the expected range. Pure. */
  reason(verdict: Readonly<Verdict>): string;
}

/** One per detector folder, listed in `detectors/index.ts`. */
export interface DetectorKind extends Judge {
  create(): Detector;
  /** Throws `SnapshotError` on bytes of another kind or version. */
  restore(bytes: Uint8Array): Detector;
}

export function newVerdict(): Verdict {
  const verdict: Verdict = {
    score: NaN,
    ratio: NaN,
    expectedMin: NaN,
    expectedMax: NaN,
    deviation: NaN,
    cause: 'value',
    observed: NaN,
    strengths: new Float64Array(MOST_STATISTICS),
  };
  // Only now: of an object whose numbers begin as whole ones V8 makes another kind with the first that is not, and what was compiled for one is slow for two.
  verdict.score = verdict.ratio = verdict.deviation = 0;
  return verdict;
}
