import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ChartPoints } from './chart-points';

const at = (...timeMs: number[]) => ({ timeMs, value: timeMs.map((time) => time * 10) });

describe('the points of a chart', () => {
  test('history that arrives after live points goes in front of them', () => {
    const points = new ChartPoints();
    points.add(at(50, 60));
    points.add(at(10, 20, 50, 55));
    expect(points.from(0)).toEqual([
      [10, 20, 50, 55, 60],
      [100, 200, 500, 550, 600],
    ]);
  });

  test('the first point of a time stands', () => {
    const points = new ChartPoints();
    points.add({ timeMs: [1, 1], value: [7, 8] });
    points.add({ timeMs: [1], value: [9] });
    expect(points.from(0)).toEqual([[1], [7]]);
  });

  test('give the range with one point before it, and its summary', () => {
    const points = new ChartPoints();
    points.add(at(1, 2, 3, 4));
    expect(points.from(3)[0]).toEqual([2, 3, 4]);
    expect(points.summary(3)).toEqual({ count: 2, min: 30, max: 40, mean: 35, last: 40, lastMs: 4 });
    expect(points.summary(5)).toBeUndefined();
  });

  test('are bounded in number, and keep their extremes and the newest', () => {
    const points = new ChartPoints(2_000);
    for (let i = 0; i < 20_000; i++)
      points.add({ timeMs: [i], value: [i === 7_777 ? 1e6 : i === 9_999 ? -1e6 : i % 5] });
    expect(points.length).toBeLessThanOrEqual(2_000);
    expect(points.newestMs).toBe(19_999);
    expect(points.summary(0)).toMatchObject({ min: -1e6, max: 1e6 });
  });

  test('are the distinct points in order, however they arrive', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer({ min: 0, max: 500 }))), (batches) => {
        const points = new ChartPoints();
        for (const batch of batches) points.add(at(...[...batch].sort((a, b) => a - b)));
        expect(points.from(-1)[0]).toEqual([...new Set(batches.flat())].sort((a, b) => a - b));
      }),
    );
  });
});
