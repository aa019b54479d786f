import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { addExact, mergeExact, roundedSum, type Spills } from './exact-sum';
import { fromFixedPoint, toFixedPoint } from './fixed-point';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const wild = fc.oneof(
  finite,
  fc.double({ min: -1e3, max: 1e3, noNaN: true }),
  fc.constantFrom(
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    Number.MIN_VALUE,
    1e-320,
    0.1,
    1e16,
    -1e16,
    2 ** 53,
    1,
  ),
);

function sum(values: readonly number[]): number {
  const cells = new Float64Array(3);
  const spills: Spills = new Map();
  for (const value of values) addExact(cells, 0, value, spills);
  return roundedSum(cells, 0, spills);
}

/** By definition: the exact sum, rounded. */
function reference(values: readonly number[]): number {
  return fromFixedPoint(values.reduce((total, value) => total + toFixedPoint(value), 0n));
}

describe('fixed point', () => {
  test('every double comes back', () => {
    fc.assert(fc.property(finite, (x) => expect(fromFixedPoint(toFixedPoint(x))).toBe(x + 0)));
  });

  test('an exact sum of two doubles rounds as the processor rounds it', () => {
    fc.assert(
      fc.property(wild, wild, (a, b) => {
        const expected = a + b;
        fc.pre(Number.isFinite(expected));
        expect(fromFixedPoint(toFixedPoint(a) + toFixedPoint(b))).toBe(expected + 0);
      }),
      { numRuns: 2_000 },
    );
  });

  test('saturates beyond the largest double', () => {
    const largest = toFixedPoint(Number.MAX_VALUE);
    expect(fromFixedPoint(largest * 2n)).toBe(Number.MAX_VALUE);
    expect(fromFixedPoint(-largest * 1000n)).toBe(-Number.MAX_VALUE);
  });
});

describe('exact sum', () => {
  test.each([
    [[0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], 1],
    [[1e16, 1, -1e16], 1],
    [[1e100, 1, 1e-100, -1e100, -1], 1e-100],
    [[1e308, 1e308, -1e308], 1e308],
    [[1e308, 1e308], Number.MAX_VALUE],
    [[1, 2 ** -53, 2 ** -106], 1 + 2 ** -52],
  ])('%j is %d', (values, expected) => {
    expect(sum(values)).toBe(expected);
  });

  test('is the exact sum rounded once, in any order', () => {
    fc.assert(
      fc.property(fc.array(wild, { maxLength: 40 }), (values) => {
        expect(sum(values)).toBe(reference(values));
        expect(sum([...values].reverse())).toBe(reference(values));
      }),
      { numRuns: 1_000 },
    );
  });

  test('merging two sums is summing all', () => {
    fc.assert(
      fc.property(fc.array(wild), fc.array(wild), (left, right) => {
        const cells = new Float64Array(6);
        const spills: Spills = new Map();
        for (const value of left) addExact(cells, 0, value, spills);
        for (const value of right) addExact(cells, 3, value, spills);
        mergeExact(cells, 0, 3, spills);
        expect(roundedSum(cells, 0, spills)).toBe(reference([...left, ...right]));
      }),
    );
  });
});
