export { anomalyOf, seriesRef } from './anomaly-of';
export {
  DEFAULT_DETECTION,
  type DetectionSettings,
  type SeriesDetection,
} from './detection/detection-settings';
export { settingsOfSubjects, type SubjectSetting } from './detection/settings-of-subjects';
export { watching, type Watching, watchingOf } from './detection/watching';
export { groupWindowId, incidentId, windowId } from './output-ids';
export { canonicalGroup, type HashedGroup } from './groups/device-group';
export { mergePartials } from './groups/merge-partials';
export type {
  EpisodeReport,
  HashedSeries,
  ReadingCounts,
  RelatedSeries,
  RevisionCounts,
  StateChange,
  StreamSink,
} from './outputs';
export type { PartialWindow } from './windows/partial-window';
export { PartitionStream } from './partition-stream';
export {
  DEFAULT_STREAM_SETTINGS,
  faultOfSlidingWindows,
  shortestEvictionMs,
  type StreamSettings,
} from './settings';
export type { WindowSpec, WindowValues } from './windows/window-layout';
