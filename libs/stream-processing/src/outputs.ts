import type { Episode, EpisodeEvent } from '@tidewatch/anomaly-detection';
import type { SeriesKey } from '@tidewatch/readings';
import type { HashedGroup } from './groups/device-group';
import type { PartialWindow } from './windows/partial-window';
import type { WindowValues } from './windows/window-layout';

/** A series and its 16-byte hash. Do not write to the hash. */
export interface HashedSeries {
  readonly key: SeriesKey;
  readonly hash: Uint8Array;
}

/** A series of the same device that has moved at the same time, and how far: in units of its limit. */
export interface RelatedSeries {
  readonly series: HashedSeries;
  readonly ratio: number;
}

/** What happened to an episode, and how it is now. `revised` and `withdrawn` come of late readings. */
export interface EpisodeReport {
  readonly event: EpisodeEvent | 'revised' | 'withdrawn';
  readonly episode: Readonly<Episode>;
  readonly related: readonly RelatedSeries[];
}

/** Takes what a stream puts out, in a deterministic order. Windows and episodes are reused: copy what you keep. */
export interface StreamSink {
  /** A window of which event time has passed the end, with all readings so far; again with a higher revision after late ones. */
  window(series: HashedSeries, window: Readonly<WindowValues>): void;
  /** What the partition knows of a window of a group. */
  group(group: HashedGroup, window: PartialWindow): void;
  /** Of one episode in the order of its revisions, which rise by one. */
  episode(series: HashedSeries, report: EpisodeReport): void;
}

/** Readings by what became of them; each reading is in one, and those unscored or ungrouped are among those processed. */
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
  /** In windows, but too late for the detector: it had seen a later one of its series, and could not go back so far. */
  unscored: number;
  /** In windows of their series, but not of its group: too late for it, or of a group beyond the bound. Once for each group. */
  ungrouped: number;
}

/** What became of readings that came too late to be judged in order. */
export interface RevisionCounts {
  /** Readings that were put where they belong, and judged with all after them. */
  rejudged: number;
  /** Histories that were given up for want of room. */
  cut: number;
}

/** The state of one series or group to store, or its absence. `state` is a view: use it before asking for the next one. */
export interface StateChange {
  readonly hash: Uint8Array;
  readonly state: Uint8Array | undefined;
}

export function noReadings(): ReadingCounts {
  return { processed: 0, duplicate: 0, late: 0, ahead: 0, untracked: 0, unscored: 0, ungrouped: 0 };
}
