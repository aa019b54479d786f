import type { Verdict } from '@tidewatch/anomaly-detection';
import type { SeriesKey } from '@tidewatch/readings';
import type { WindowValues } from './windows/window-layout';

/** A series and its 16-byte hash. Do not write to the hash. */
export interface HashedSeries {
  readonly key: SeriesKey;
  readonly hash: Uint8Array;
}

export interface FlaggedReading {
  readonly series: HashedSeries;
  readonly timeUs: number;
  readonly value: number;
}

/** Takes what a stream puts out, in a deterministic order. Windows and verdicts are reused: copy what you keep. */
export interface StreamSink {
  /** A window of which event time has passed the end, with all readings so far; again with a higher revision after late ones. */
  window(series: HashedSeries, window: Readonly<WindowValues>): void;
  anomaly(reading: FlaggedReading, verdict: Readonly<Verdict>): void;
}

/** Readings by what became of them; each reading is in one, and those unscored are among those processed. */
export interface ReadingCounts {
  /** In windows. */
  processed: number;
  /** The same identity came before, within the lateness. */
  duplicate: number;
  /** Older than the watermark of its series. */
  late: number;
  /** Further ahead of the log's time than settings allow. */
  ahead: number;
  /** Of a series beyond the bound of series. */
  untracked: number;
  /** In windows, but too late for the detector, which had seen a later one of its series. */
  unscored: number;
}

export function noReadings(): ReadingCounts {
  return { processed: 0, duplicate: 0, late: 0, ahead: 0, untracked: 0, unscored: 0 };
}
