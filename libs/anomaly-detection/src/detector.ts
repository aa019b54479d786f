/** What a detector says of one reading. One object is reused for all readings: copy what you keep. */
export interface Verdict {
  /** 0 to 1; from 0.5 on the reading is anomalous. 0 while the detector is still learning. */
  score: number;
  /** Range of values which would not have been flagged; of a stuck series, its usual range. NaN while learning. */
  expectedMin: number;
  expectedMax: number;
  /** How many times larger than usual the deviation is; Infinity where there never was one. 0 while learning. */
  deviation: number;
  /** What is unusual: the reading itself, the mean of the last readings whatever this one is, or that nothing changes any more. */
  cause: 'value' | 'level' | 'stuck';
  /** The value, or that mean. */
  observed: number;
}

/** The state machine of one series. It sees (time, value) pairs in order of time and nothing else. */
export interface Detector {
  /** O(1), no allocation. `timeUs` rises from call to call; `value` is finite. */
  observe(timeUs: number, value: number, verdict: Verdict): void;
  /** State as bytes, versioned. A detector restored from it continues bit for bit. */
  snapshot(): Uint8Array;
}

/** One per detector folder, listed in `detectors/index.ts`. */
export interface DetectorKind {
  readonly name: string;
  create(): Detector;
  /** Throws `SnapshotError` on bytes of another kind or version. */
  restore(bytes: Uint8Array): Detector;
  /** What is unusual about a flagged reading, to follow the metric's name. Pure; called only when a reading is flagged. */
  explain(value: number, verdict: Verdict): string;
}

export function newVerdict(): Verdict {
  return { score: 0, expectedMin: NaN, expectedMax: NaN, deviation: 0, cause: 'value', observed: NaN };
}
