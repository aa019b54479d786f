import { describe, expect, test } from '@jest/globals';
import type { ReadingBatch } from '@tidewatch/readings';
import fc from 'fast-check';
import { CopyEncoder, columnParameters } from './copy-encoding';
import { ReadingRows } from './reading-rows';

interface Row {
  id: number;
  timeUs: number;
  value: number;
}

const EPOCH_US = 946_684_800_000_000n;
const row = fc.record({
  id: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  timeUs: fc.oneof(
    fc.integer({ min: 0, max: 7_258_118_399_999_999 }),
    fc.constantFrom(0, 946_684_800_000_000, 946_684_799_999_999, 7_258_118_399_999_999),
  ),
  value: fc.double(),
});
const distinctRows = fc.uniqueArray(row, { maxLength: 50, selector: ({ id, timeUs }) => `${id}/${timeUs}` });

function rowsOf(rows: readonly Row[]): ReadingRows {
  const batch: ReadingBatch = {
    series: rows.map(() => ({ device: 'd', metric: 'm', tags: [] })),
    seriesIndex: Uint32Array.from(rows.keys()),
    timeUs: Float64Array.from(rows, ({ timeUs }) => timeUs),
    value: Float64Array.from(rows, ({ value }) => value),
  };
  const target = new ReadingRows();
  target.reset(rows.length);
  target.add(
    batch,
    Int32Array.from(rows, ({ id }) => id),
  );
  return target;
}

/** Reads binary COPY as the manual describes it, with nothing of the encoder. */
function readCopy(bytes: Buffer): Row[] {
  expect(bytes.subarray(0, 11).toString('latin1')).toBe('PGCOPY\n\xff\r\n\0');
  expect(bytes.readInt32BE(11)).toBe(0);
  let at = 19 + bytes.readInt32BE(15);
  const rows: Row[] = [];
  for (;;) {
    const fields = bytes.readInt16BE(at);
    at += 2;
    if (fields === -1) break;
    expect(fields).toBe(3);
    const field = (length: number): Buffer => {
      expect(bytes.readInt32BE(at)).toBe(length);
      at += 4 + length;
      return bytes.subarray(at - length, at);
    };
    const timeUs = Number(field(8).readBigInt64BE() + EPOCH_US);
    rows.push({ id: field(4).readInt32BE(), timeUs, value: field(8).readDoubleBE() });
  }
  expect(at).toBe(bytes.length);
  return rows;
}

/** Reads a one-dimensional binary array without nulls. */
function readArray<T>(bytes: Buffer, oid: number, read: (element: Buffer) => T): T[] {
  expect([0, 4, 8, 16].map((at) => bytes.readInt32BE(at))).toEqual([1, 0, oid, 1]);
  const elements: T[] = [];
  for (let at = 20; at < bytes.length;) {
    const length = bytes.readInt32BE(at);
    elements.push(read(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  expect(elements).toHaveLength(bytes.readInt32BE(12));
  return elements;
}

describe('binary COPY', () => {
  test('holds the rows, in order, also when the encoder is used again', () => {
    const encoder = new CopyEncoder();
    fc.assert(
      fc.property(distinctRows, (rows) => {
        expect(readCopy(encoder.encode(rowsOf(rows)))).toEqual(rows);
      }),
    );
  });

  test('is complete without any row, also at first', () => {
    expect(readCopy(new CopyEncoder().encode(rowsOf([])))).toEqual([]);
  });

  test('grows beyond its first size', () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => ({
      id: i + 1,
      timeUs: i * 1_000_003,
      value: i / 7,
    }));
    expect(readCopy(new CopyEncoder().encode(rowsOf(rows)))).toEqual(rows);
  });
});

test('column parameters hold the chosen rows and their numbers', () => {
  fc.assert(
    fc.property(distinctRows, fc.func(fc.boolean()), (all, isChosen) => {
      const numbers = [...all.keys()].filter((row) => isChosen(row));
      const rows = numbers.map((row) => all[row]!);
      const [times, ids, values, ordinals] = columnParameters(rowsOf(all), numbers);
      expect(readArray(ordinals, 23, (bytes) => bytes.readInt32BE())).toEqual(numbers);
      expect(readArray(times, 1184, (bytes) => Number(bytes.readBigInt64BE() + EPOCH_US))).toEqual(
        rows.map(({ timeUs }) => timeUs),
      );
      expect(readArray(ids, 23, (bytes) => bytes.readInt32BE())).toEqual(rows.map(({ id }) => id));
      expect(readArray(values, 701, (bytes) => bytes.readDoubleBE())).toEqual(rows.map(({ value }) => value));
    }),
  );
});
