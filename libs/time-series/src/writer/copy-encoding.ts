import type { ReadingRows } from './reading-rows';

/**
 * PostgreSQL's binary COPY: signature, flags, header extension; rows; a field count of -1.
 * @see https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.55.9.4
 */
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const HEADER_BYTES = SIGNATURE.length + 4 + 4;
const TRAILER_BYTES = 2;
/** Field count; time, series id and value, each with its length. */
const ROW_BYTES = 2 + (4 + 8) + (4 + 4) + (4 + 8);

const OID = { int4: 23, float8: 701, timestamptz: 1184 } as const;
const ARRAY_HEADER_BYTES = 20;

/** Encodes into memory of its own, which is reused: a result is valid until the next call. */
export class CopyEncoder {
  #buffer = Buffer.allocUnsafeSlow(0);
  #view = viewOf(this.#buffer);

  /** The rows as the whole input of `COPY readings (time, series_id, value) FROM STDIN (FORMAT binary)`. */
  encode(rows: ReadingRows): Buffer {
    const bytes = HEADER_BYTES + rows.length * ROW_BYTES + TRAILER_BYTES;
    this.#reserve(bytes);
    const view = this.#view;
    let at = HEADER_BYTES;
    for (let row = 0; row < rows.length; row++) {
      view.setInt16(at, 3);
      view.setInt32(at + 2, 8);
      view.setInt32(at + 6, rows.timeHigh[row]!);
      view.setInt32(at + 10, rows.timeLow[row]!);
      view.setInt32(at + 14, 4);
      view.setInt32(at + 18, rows.seriesId[row]!);
      view.setInt32(at + 22, 8);
      view.setFloat64(at + 26, rows.value[row]!);
      at += ROW_BYTES;
    }
    view.setInt16(at, -1);
    return this.#buffer.subarray(0, bytes);
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#buffer.length) return;
    this.#buffer = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(bytes)));
    this.#view = viewOf(this.#buffer);
    SIGNATURE.copy(this.#buffer);
    this.#buffer.fill(0, SIGNATURE.length, HEADER_BYTES);
  }
}

/** Columns of the rows with these numbers as parameters of types timestamptz[], int4[] and float8[], then the numbers as int4[], in binary format. */
export function columnParameters(
  rows: ReadingRows,
  numbers: readonly number[],
): [time: Buffer, seriesId: Buffer, value: Buffer, number: Buffer] {
  const count = numbers.length;
  const time = arrayOf(OID.timestamptz, count, 8);
  const seriesId = arrayOf(OID.int4, count, 4);
  const value = arrayOf(OID.float8, count, 8);
  const number = arrayOf(OID.int4, count, 4);
  const times = viewOf(time);
  const ids = viewOf(seriesId);
  const values = viewOf(value);
  const ordinals = viewOf(number);
  for (let i = 0; i < count; i++) {
    const row = numbers[i]!;
    const wide = ARRAY_HEADER_BYTES + i * 12;
    const narrow = ARRAY_HEADER_BYTES + i * 8;
    times.setInt32(wide, 8);
    times.setInt32(wide + 4, rows.timeHigh[row]!);
    times.setInt32(wide + 8, rows.timeLow[row]!);
    ids.setInt32(narrow, 4);
    ids.setInt32(narrow + 4, rows.seriesId[row]!);
    values.setInt32(wide, 8);
    values.setFloat64(wide + 4, rows.value[row]!);
    ordinals.setInt32(narrow, 4);
    ordinals.setInt32(narrow + 4, row);
  }
  return [time, seriesId, value, number];
}

/** A one-dimensional array without nulls: dimensions, null flag, element type, length, lower bound. */
function arrayOf(oid: number, count: number, elementBytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(ARRAY_HEADER_BYTES + count * (4 + elementBytes));
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(0, 4);
  buffer.writeInt32BE(oid, 8);
  buffer.writeInt32BE(count, 12);
  buffer.writeInt32BE(1, 16);
  return buffer;
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
