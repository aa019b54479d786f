import { seriesKey, type SeriesKey, type Tag } from '@tidewatch/readings';
import type { DetectorFields } from '../detection/series-judges';
import { ByteReader, ByteWriter } from './bytes';
import { openFrame, writeFrame } from './frame';

/**
 * State of a series: a frame of this version with the fields below, the recent times, the windows, the readings
 * held back, the episodes, what goes on beyond limits, and the history.
 * State of a partition: version (1), the greatest append time (8), the greatest watermark of a forgotten series (8), and the time that the
 * silence behind it has come to (8; 0 where there is none).
 */
const SERIES_VERSION = 9;
const PARTITION_VERSION = 3;

export interface SeriesFields extends DetectorFields {
  readonly key: SeriesKey;
  readonly maxTime: number;
  readonly watermark: number;
  readonly lastAppendMs: number;
}

export interface PartitionFields {
  readonly clockMs: number;
  readonly forgottenUntil: number;
  /** The log's time goes on to this before the next record; 0 where it does not. */
  readonly silentUntilMs: number;
}

/** `writeRest` writes what follows the fields. The result is a view of the writer's buffer. */
export function writeSeries(writer: ByteWriter, fields: SeriesFields, writeRest: () => void): Uint8Array {
  return writeFrame(writer, SERIES_VERSION, () => {
    writeKey(writer, fields.key);
    writer.float64(fields.maxTime);
    writer.float64(fields.watermark);
    writer.float64(fields.lastAppendMs);
    writer.text(fields.detector);
    writer.bytes(fields.detectorState);
    writeRest();
  });
}

/** The fields, and a reader that stands behind them. Throws `SnapshotError`. */
export function readSeries(state: Uint8Array): { fields: SeriesFields; reader: ByteReader } {
  const reader = openFrame(state, SERIES_VERSION);
  const fields: SeriesFields = {
    key: readKey(reader),
    maxTime: reader.float64(),
    watermark: reader.float64(),
    lastAppendMs: reader.float64(),
    detector: reader.text(),
    detectorState: reader.bytes(),
  };
  return { fields, reader };
}

export function writePartition(fields: PartitionFields): Uint8Array {
  const writer = new ByteWriter();
  writer.byte(PARTITION_VERSION);
  writer.float64(fields.clockMs);
  writer.float64(fields.forgottenUntil);
  writer.float64(fields.silentUntilMs);
  return writer.written();
}

/** Throws `SnapshotError`. */
export function readPartition(state: Uint8Array): PartitionFields {
  const reader = new ByteReader(state);
  reader.require(reader.byte() === PARTITION_VERSION, 'unknown version');
  return {
    clockMs: reader.float64(),
    forgottenUntil: reader.float64(),
    silentUntilMs: reader.float64(),
  };
}

function writeKey(writer: ByteWriter, key: SeriesKey): void {
  writer.text(key.device);
  writer.text(key.metric);
  writer.varint(key.tags.length);
  for (const [name, value] of key.tags) {
    writer.text(name);
    writer.text(value);
  }
}

function readKey(reader: ByteReader): SeriesKey {
  const device = reader.text();
  const metric = reader.text();
  const tags: Tag[] = [];
  for (let left = reader.varint(); left > 0; left--) tags.push([reader.text(), reader.text()]);
  return seriesKey(device, metric, tags);
}
