export { anomalyOf, seriesRef } from './anomaly-of';
export { detectionConfig } from './detection/config';
export {
  DEFAULT_DETECTION,
  type DetectionSettings,
  type SeriesDetection,
} from './detection/detection-settings';
export { settingsOfSubjects, type SubjectSetting } from './detection/settings-of-subjects';
export { incidentId, windowId } from './output-ids';
export type { EpisodeReport, HashedSeries, ReadingCounts, RelatedSeries, StreamSink } from './outputs';
export { PartitionStream, type SeriesChange } from './partition-stream';
export {
  DEFAULT_STREAM_SETTINGS,
  faultOfSlidingWindows,
  shortestEvictionMs,
  type StreamSettings,
} from './settings';
export type { WindowSpec, WindowValues } from './windows/window-layout';
