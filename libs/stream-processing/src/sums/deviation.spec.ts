import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { standardDeviation } from './deviation';
import { fromFixedPoint, toFixedPoint } from './fixed-point';

const exactSum = (values: readonly number[]) => values.reduce((sum, x) => sum + toFixedPoint(x), 0n);
function doubled(exact: bigint) {
  const high = fromFixedPoint(exact);
  return { high, low: fromFixedPoint(exact - toFixedPoint(high)) };
}
function deviationOf(values: readonly number[]): number {
  return standardDeviation(
    values.length,
    doubled(exactSum(values)),
    doubled(exactSum(values.map((x) => x * x))),
  );
}

test.each([
  [[1, 2, 3, 4], Math.sqrt(1.25)],
  [[5], 0],
  // A sum of squares in double precision alone would give 0 or worse.
  [[1e7 + 1, 1e7 - 1], 1],
  [[9e7 + 1, 9e7 - 1, 9e7 + 3, 9e7 + 1], Math.sqrt(2)],
  [[1e-200, 3e-200], 0],
])('of %j is %d', (values, expected) => {
  expect(deviationOf(values)).toBeCloseTo(expected, 6);
});

test('is that of two passes, up to the rounding of the squares', () => {
  const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(fc.array(value, { minLength: 2, maxLength: 50 }), (values) => {
      const mean = fromFixedPoint(exactSum(values)) / values.length;
      const variance = fromFixedPoint(exactSum(values.map((x) => (x - mean) ** 2))) / values.length;
      const largest = Math.max(...values.map(Math.abs));
      expect(Math.abs(deviationOf(values) ** 2 - variance)).toBeLessThanOrEqual(
        4e-16 * largest ** 2 + 1e-300,
      );
    }),
    { numRuns: 500 },
  );
});

test('beyond what doubles hold is infinite: who knows the extremes bounds it', () => {
  expect(deviationOf([1e200, -1e200])).toBe(Infinity);
});
