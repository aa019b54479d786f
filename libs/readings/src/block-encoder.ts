import { BlockFormatError } from './errors';
import { FIELD, SERIES_FIELD, TAG_FIELD, tag, TWO_TO_32, varintLength, WIRE } from './block-wire';
import type { ReadingBatch, SeriesKey } from './reading-batch';

/**
 * Bytes of `reading-block.proto` for a batch. The batch is trusted to keep to `LIMITS` and to hold finite values.
 * Throws `BlockFormatError` when its columns have different lengths.
 */
export function encodeBlock(batch: ReadingBatch): Uint8Array {
  const rows = batch.value.length;
  if (batch.seriesIndex.length !== rows || batch.timeUs.length !== rows) {
    throw new BlockFormatError('The columns of a batch must have the same length.');
  }
  const seriesLengths = batch.series.map(seriesLength);
  // Not from the pool: a block waits for the log, and would keep the whole slab of the pool alive.
  const out = Buffer.allocUnsafeSlow(blockLength(seriesLengths, rows));
  let at = 0;
  batch.series.forEach((series, i) => {
    at = writeSeries(out, at, series, seriesLengths[i]!);
  });
  if (rows > 0) {
    at = writeColumn(out, at, FIELD.seriesIndex, batch.seriesIndex);
    at = writeColumn(out, at, FIELD.timeUs, timeColumn(batch.timeUs));
    writeColumn(out, at, FIELD.value, batch.value);
  }
  return out;
}

/** Bytes that `encodeBlock` makes of the series' entry in the dictionary. */
export function encodedSeriesLength(series: SeriesKey): number {
  return delimitedLength(seriesLength(series));
}

/** Bytes of a row in the three columns together. */
export const ENCODED_ROW_LENGTH = 4 + 8 + 8;

/** Bytes that the headers of the columns take at most. */
export const ENCODED_COLUMNS_OVERHEAD = 3 * 6;

function blockLength(seriesLengths: readonly number[], rows: number): number {
  let length = 0;
  for (const one of seriesLengths) length += delimitedLength(one);
  if (rows > 0) length += delimitedLength(rows * 4) + 2 * delimitedLength(rows * 8);
  return length;
}

function seriesLength(series: SeriesKey): number {
  let length = textLength(series.device) + textLength(series.metric);
  for (const [key, value] of series.tags) length += delimitedLength(textLength(key) + textLength(value));
  return length;
}

/** Length of a field with a one-byte tag and a length prefix. */
function delimitedLength(payload: number): number {
  return 1 + varintLength(payload) + payload;
}

function textLength(text: string): number {
  return delimitedLength(Buffer.byteLength(text, 'utf8'));
}

function writeSeries(out: Buffer, start: number, series: SeriesKey, length: number): number {
  let at = writeHead(out, start, FIELD.series, length);
  at = writeText(out, at, SERIES_FIELD.device, series.device);
  at = writeText(out, at, SERIES_FIELD.metric, series.metric);
  for (const [key, value] of series.tags) {
    at = writeHead(out, at, SERIES_FIELD.tags, textLength(key) + textLength(value));
    at = writeText(out, at, TAG_FIELD.key, key);
    at = writeText(out, at, TAG_FIELD.value, value);
  }
  return at;
}

function writeHead(out: Buffer, start: number, field: number, length: number): number {
  let at = start;
  out[at++] = tag(field, WIRE.lengthDelimited);
  let rest = length;
  while (rest >= 0x80) {
    out[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  out[at++] = rest;
  return at;
}

function writeText(out: Buffer, start: number, field: number, text: string): number {
  const at = writeHead(out, start, field, Buffer.byteLength(text, 'utf8'));
  return at + out.write(text, at, 'utf8');
}

function writeColumn(out: Buffer, start: number, field: number, column: ArrayBufferView): number {
  const at = writeHead(out, start, field, column.byteLength);
  out.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
  return at + column.byteLength;
}

/** Doubles with whole microseconds as 64-bit integers, low word first. */
function timeColumn(timeUs: Float64Array): Uint32Array {
  const words = new Uint32Array(timeUs.length * 2);
  for (let i = 0; i < timeUs.length; i++) {
    const time = timeUs[i]!;
    const high = Math.floor(time / TWO_TO_32);
    words[2 * i] = time - high * TWO_TO_32;
    words[2 * i + 1] = high;
  }
  return words;
}
