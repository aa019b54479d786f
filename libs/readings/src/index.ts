export { decodeBlock } from './block-decoder';
export {
  encodeBlock,
  encodedSeriesLength,
  ENCODED_COLUMNS_OVERHEAD,
  ENCODED_ROW_LENGTH,
} from './block-encoder';
export { BlockFormatError } from './errors';
export { complaintAboutName, type Complaint } from './names';
export { partitionOfDevice } from './partition';
export type { ReadingBatch, SeriesKey } from './reading-batch';
export { ReadingBatchBuilder } from './reading-batch-builder';
export { canonicalSeriesKey, seriesHash, seriesKey, type Tag } from './series-key';
export { formatTimeUs, parseTime } from './time';
