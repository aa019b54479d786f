import { describe, expect, test } from '@jest/globals';
import type { ReadingBatch } from '@tidewatch/readings';
import fc from 'fast-check';
import { ReadingRows } from './reading-rows';

interface Given {
  id: number;
  timeUs: number;
  value: number;
}

/** Few ids and times, so that identities repeat. */
const given = fc.array(
  fc.record({
    id: fc.integer({ min: 1, max: 4 }),
    timeUs: fc.constantFrom(0, 1, 2 ** 32, 2 ** 32 + 1, 946_684_800_000_000, 1_700_000_000_000_001),
    value: fc.constantFrom(1, 2, NaN, 0, -0, Infinity),
  }),
  { maxLength: 60 },
);

function blockOf(rows: readonly Given[]): [ReadingBatch, Int32Array] {
  const block = {
    series: [],
    seriesIndex: Uint32Array.from(rows, ({ id }) => id - 1),
    timeUs: Float64Array.from(rows, ({ timeUs }) => timeUs),
    value: Float64Array.from(rows, ({ value }) => value),
  };
  return [block, Int32Array.of(1, 2, 3, 4)];
}

function contentOf(rows: ReadingRows): Given[] {
  return Array.from({ length: rows.length }, (_, row) => ({
    id: rows.seriesId[row]!,
    timeUs: rows.timeHigh[row]! * 2 ** 32 + (rows.timeLow[row]! >>> 0) + 946_684_800_000_000,
    value: rows.value[row]!,
  }));
}

/** The same by a map of strings. */
function firsts(rows: readonly Given[]): { first: Given[]; duplicates: number; conflicts: number } {
  const first = new Map<string, Given>();
  let conflicts = 0;
  for (const row of rows) {
    const key = `${row.id} ${row.timeUs}`;
    const standing = first.get(key);
    if (!standing) first.set(key, row);
    else if (standing.value !== row.value && !(isNaN(standing.value) && isNaN(row.value))) conflicts += 1;
  }
  return { first: [...first.values()], duplicates: rows.length - first.size, conflicts };
}

describe('ReadingRows', () => {
  test('keeps the first of each identity over several blocks, and counts the rest', () => {
    const rows = new ReadingRows();
    fc.assert(
      fc.property(fc.array(given, { maxLength: 4 }), (blocks) => {
        rows.reset(blocks.flat().length);
        for (const block of blocks) rows.add(...blockOf(block));
        const expected = firsts(blocks.flat());
        expect(contentOf(rows)).toEqual(expected.first);
        expect([rows.duplicates, rows.conflicts]).toEqual([expected.duplicates, expected.conflicts]);
      }),
    );
  });

  test('tells times apart that differ in their upper half only, however crowded the table is', () => {
    const rows = new ReadingRows();
    const all = Array.from({ length: 4_000 }, (_, i) => ({ id: 1, timeUs: i * 2 ** 32, value: i }));
    rows.reset(all.length);
    rows.add(...blockOf(all));
    expect(contentOf(rows)).toEqual(all);
  });

  test('tells the numbers of its rows by day, before and after the year 2000', () => {
    const rows = new ReadingRows();
    const day = 86_400_000_000;
    const midnight = 946_684_800_000_000;
    const times = [midnight, midnight - 1, midnight + day - 1, midnight + day, midnight - day, 0];
    rows.reset(times.length);
    rows.add(...blockOf(times.map((timeUs) => ({ id: 1, timeUs, value: 0 }))));
    expect([...rows.numbersByDay()]).toEqual([
      [0, [0, 2]],
      [-1, [1, 4]],
      [1, [3]],
      [-10_957, [5]],
    ]);
  });

  test('takes out rows by their numbers, in whatever order these are', () => {
    const rows = new ReadingRows();
    const all = Array.from({ length: 5 }, (_, i) => ({ id: 1 + (i % 4), timeUs: i, value: i }));
    rows.reset(all.length);
    rows.add(...blockOf(all));
    const numbers = Buffer.alloc(8);
    numbers.writeInt32BE(3, 0);
    numbers.writeInt32BE(0, 4);
    rows.remove(numbers, 1);
    expect(contentOf(rows)).toEqual([all[1], all[2], all[4]]);
    expect([rows.duplicates, rows.conflicts]).toEqual([2, 1]);
  });
});
