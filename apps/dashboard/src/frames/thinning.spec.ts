import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type PointColumns, sortByTime, thinByExtremes } from './thinning';

const columns = (rows: readonly (readonly [number, number])[]): PointColumns => ({
  timeUs: Float64Array.from(rows, ([time]) => time),
  value: Float64Array.from(rows, ([, value]) => value),
  length: rows.length,
});
const rowsOf = ({ timeUs, value, length }: PointColumns): [number, number][] =>
  Array.from({ length }, (_, i) => [timeUs[i]!, value[i]!]);

describe('thinning', () => {
  test('leaves short columns alone', () => {
    const points = columns([
      [1, 5],
      [2, 6],
    ]);
    thinByExtremes(points, 4);
    expect(rowsOf(points)).toEqual([
      [1, 5],
      [2, 6],
    ]);
  });

  test('keeps the spike and the dip of a flat line', () => {
    const points = columns(
      Array.from({ length: 1_000 }, (_, i) => [i, i === 333 ? 99 : i === 700 ? -99 : 0] as const),
    );
    thinByExtremes(points, 20);
    const values = rowsOf(points).map(([, value]) => value);
    expect(points.length).toBeLessThanOrEqual(20);
    expect(values).toContain(99);
    expect(values).toContain(-99);
  });

  test('keeps first, last, lowest and highest, in order, within the limit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 500 }),
        fc.integer({ min: 4, max: 60 }),
        (values, limit) => {
          const rows = values.map((value, i) => [i, value] as const);
          const points = columns(rows);
          thinByExtremes(points, limit);
          const kept = rowsOf(points);
          expect(kept.length).toBeLessThanOrEqual(Math.max(limit, 1));
          expect(kept[0]).toEqual(rows[0]);
          expect(kept.at(-1)).toEqual(rows.at(-1));
          expect(Math.min(...kept.map(([, value]) => value))).toBe(Math.min(...values));
          expect(Math.max(...kept.map(([, value]) => value))).toBe(Math.max(...values));
          expect(kept.every(([time], i) => i === 0 || time > kept[i - 1]![0])).toBe(true);
        },
      ),
    );
  });

  test('sorts like a stable sort by time', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer())), (rows) => {
        const points = columns(rows);
        sortByTime(points);
        expect(rowsOf(points)).toEqual([...rows].sort(([a], [b]) => a - b));
      }),
    );
  });
});
