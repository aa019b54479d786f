import { LIMITS } from '@tidewatch/contracts';
import { BlockReader, requireWireType } from './block-reader';
import { FIELD, TWO_TO_32, WIRE } from './block-wire';
import { BlockFormatError } from './errors';
import type { ReadingBatch, SeriesKey } from './reading-batch';
import { decodeSeries } from './series-decoder';

/**
 * Reads a block (`reading-block.proto`) into columns of its own memory. Unknown fields are skipped.
 * Throws `BlockFormatError`, and nothing else, on whatever is not a block: truncated or malformed bytes, an index without
 * a series, columns of different lengths, a value that is not finite, a time or a name beyond `LIMITS`.
 */
export function decodeBlock(bytes: Uint8Array): ReadingBatch {
  const reader = new BlockReader(bytes, 0, bytes.length);
  const series: SeriesKey[] = [];
  const indexRuns: Uint8Array[] = [];
  const timeRuns: Uint8Array[] = [];
  const valueRuns: Uint8Array[] = [];
  while (reader.at < reader.end) {
    const tag = reader.uint32();
    const field = tag >>> 3;
    const wireType = tag & 7;
    if (field === FIELD.series) series.push(takeSeries(reader, wireType));
    else if (field === FIELD.seriesIndex) indexRuns.push(reader.run(wireType, 4));
    else if (field === FIELD.timeUs) timeRuns.push(reader.run(wireType, 8));
    else if (field === FIELD.value) valueRuns.push(reader.run(wireType, 8));
    else reader.skip(tag);
  }
  const seriesIndex = new Uint32Array(joined(indexRuns));
  const timeWords = joined(timeRuns);
  const value = new Float64Array(joined(valueRuns));
  if (seriesIndex.length !== value.length || timeWords.byteLength !== value.byteLength) {
    throw new BlockFormatError('The columns of the block have different lengths.');
  }
  const timeUs = timesOf(timeWords);
  checkRows(series.length, seriesIndex, value);
  return { series, seriesIndex, timeUs, value };
}

function takeSeries(reader: BlockReader, wireType: number): SeriesKey {
  requireWireType(wireType, WIRE.lengthDelimited);
  const end = reader.endOfDelimited();
  const key = decodeSeries(reader.bytes, reader.at, end);
  reader.at = end;
  return key;
}

/** One aligned copy of all runs of a column. */
function joined(runs: readonly Uint8Array[]): ArrayBuffer {
  let length = 0;
  for (const run of runs) length += run.length;
  const copy = new Uint8Array(length);
  let at = 0;
  for (const run of runs) {
    copy.set(run, at);
    at += run.length;
  }
  return copy.buffer;
}

function timesOf(column: ArrayBuffer): Float64Array {
  const low = new Uint32Array(column);
  const high = new Int32Array(column);
  const timeUs = new Float64Array(low.length / 2);
  for (let i = 0; i < timeUs.length; i++) {
    const time = high[2 * i + 1]! * TWO_TO_32 + low[2 * i]!;
    if (time < LIMITS.minTimeUs || time > LIMITS.maxTimeUs) {
      throw new BlockFormatError(`The time of row ${i} is out of range.`);
    }
    timeUs[i] = time;
  }
  return timeUs;
}

function checkRows(seriesCount: number, seriesIndex: Uint32Array, value: Float64Array): void {
  for (let i = 0; i < value.length; i++) {
    if (seriesIndex[i]! >= seriesCount) throw new BlockFormatError(`Row ${i} points to no series.`);
    if (!Number.isFinite(value[i]!)) throw new BlockFormatError(`The value of row ${i} is not finite.`);
  }
}
