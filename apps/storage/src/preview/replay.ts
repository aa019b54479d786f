import type { DetectorKind } from '@tidewatch/anomaly-detection';
import type { Anomaly } from '@tidewatch/contracts';
import { canonicalSeriesKey, ReadingBatchBuilder, type SeriesKey } from '@tidewatch/readings';
import {
  anomalyOf,
  type DetectionSettings,
  PartitionStream,
  type StreamSettings,
  type StreamSink,
} from '@tidewatch/stream-processing';

/** Readings handed to a stream at once. */
const MOST_IN_BATCH = 4_096;
const US_PER_SECOND = 1_000_000;

/** Whose episode it is: by the settings that are tried, or by those in force. */
export type Way = 'tried' | 'inForce';

export interface ReplayOptions {
  readonly stream: StreamSettings;
  readonly detector: DetectorKind;
  /** Settings of each way; without those in force, they are those that are tried. */
  readonly ways: { readonly tried: DetectionSettings; readonly inForce?: DetectionSettings };
  /** Series whose episodes are wanted. */
  readonly selected: readonly SeriesKey[];
  readonly onEpisode: (way: Way, anomaly: Anomaly) => void;
}

/**
 * Processing once more: the same streams, given stored readings as if each second of them had been a record of the log, appended at its
 * last reading's own time. So the log's time, by which silent series are closed, goes on with event time.
 */
export class Replay {
  private readonly streams: PartitionStream[] = [];
  private readonly batch = new ReadingBatchBuilder();
  private second = -Infinity;
  private lastUs = 0;

  constructor({ stream, detector, ways, selected, onEpisode }: ReplayOptions) {
    const wanted = new Set(selected.map(canonicalSeriesKey));
    for (const way of ['tried', 'inForce'] as const) {
      const settings = ways[way];
      if (settings === undefined) continue;
      const sink: StreamSink = {
        window: () => undefined,
        group: () => undefined,
        episode: (series, report) => {
          if (wanted.has(canonicalSeriesKey(series.key))) onEpisode(way, anomalyOf(series, report));
        },
      };
      const replayed = new PartitionStream(stream, detector, sink);
      replayed.useDetection(settings);
      this.streams.push(replayed);
    }
  }

  /** `timeUs` is not less than that of the reading before. */
  readonly take = (key: SeriesKey, timeUs: number, value: number): void => {
    const second = Math.floor(timeUs / US_PER_SECOND);
    if (second !== this.second || this.batch.length >= MOST_IN_BATCH) this.flush();
    this.second = second;
    this.lastUs = timeUs;
    this.batch.append(key, timeUs, value);
  };

  /** Hands over what waits, and lets the log's time go on to `untilMs` where that is told: series that are silent by then are closed. */
  end(untilMs?: number): void {
    this.flush();
    if (untilMs === undefined) return;
    for (const stream of this.streams) stream.passTime(untilMs);
  }

  private flush(): void {
    if (this.batch.length === 0) return;
    const batch = this.batch.view();
    for (const stream of this.streams) stream.process(batch, Math.ceil(this.lastUs / 1000));
    this.batch.clear();
  }
}
