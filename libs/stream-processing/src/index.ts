export type { EpisodeReport, HashedSeries, ReadingCounts, RelatedSeries, StreamSink } from './outputs';
export { PartitionStream, type SeriesChange } from './partition-stream';
export { DEFAULT_STREAM_SETTINGS, shortestEvictionMs, type StreamSettings } from './settings';
export type { WindowValues } from './windows/window-layout';
