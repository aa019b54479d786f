import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { random } from '../testing/generated-series';
import { BUCKETS, TAIL_CELLS, TailModel } from './tail-model';

function newModel(): TailModel {
  const model = new TailModel();
  model.open(new Float64Array(TAIL_CELLS), 0, new Float32Array(BUCKETS), 0);
  return model;
}

function learned(n: number, draw: (next: () => number) => number): TailModel {
  const next = random(3);
  const model = newModel();
  for (let i = 0; i < n; i++) model.learn(draw(next), 1);
  return model;
}

const exponential = (next: () => number) => -Math.log(1 - next());
const pareto = (next: () => number) => (1 - next()) ** -0.25;

describe('surprise is -log10 of the tail probability', () => {
  // Known: P(X > x) = e^-x, and P(X > x) = x^-4.
  test.each([
    ['an exponential tail', exponential, (p: number) => -Math.log(p)],
    ['a Pareto tail', pareto, (p: number) => p ** -0.25],
  ])('%s', (_, draw, quantile) => {
    const model = learned(50_000, draw);
    expect(model.surprise(quantile(1e-3))).toBeGreaterThan(2.7);
    expect(model.surprise(quantile(1e-3))).toBeLessThan(3.3);
    expect(model.surprise(quantile(1e-5))).toBeGreaterThan(4);
    expect(model.surprise(quantile(1e-5))).toBeLessThan(6);
  });

  test('is 0 below the tail and while nothing is known, and rises with the value', () => {
    expect(newModel().surprise(1e9)).toBe(0);
    const model = learned(5_000, exponential);
    expect(model.surprise(1)).toBe(0);
    let last = 0;
    for (let x = 4; x < 1e12; x *= 1.5) {
      const surprise = model.surprise(x);
      expect(surprise).toBeGreaterThanOrEqual(last);
      last = surprise;
    }
    expect(last).toBeLessThanOrEqual(30);
  });
});

describe('what is by some tenfolds rarer than a value', () => {
  test.each([
    ['in an exponential tail', exponential, 5],
    ['in a Pareto tail', pareto, 4],
    ['than a value below the tail: rarer than the beginning of it', exponential, 1],
  ])('%s', (_, draw, value) => {
    const model = learned(50_000, draw);
    const at = Math.max(model.tailFrom * (1 + 1e-9), value);
    expect(model.surprise(model.rarer(value, 3))).toBeCloseTo(model.surprise(at) + 3, 5);
  });

  test('is the value itself by none, and while nothing is known', () => {
    expect(learned(50_000, exponential).rarer(9, 0)).toBe(9);
    expect(newModel().rarer(9, 3)).toBe(9);
  });
});

test('the quantiles of the bulk', () => {
  const model = learned(50_000, exponential);
  expect(model.middle).toBeCloseTo(Math.LN2, 1);
  expect(model.nineteenTwentieths).toBeGreaterThan(2.8);
  expect(model.nineteenTwentieths).toBeLessThan(3.2);
});

// -log10 of 5 % is 1.3. All of them are in one bucket, whose upper end is as far again from its lower one as the middle: up to 0.8 more.
test.each([520, 730, 1000])('the bulk is surprised by extremes of %d, however many there were', (extreme) => {
  const draw = (next: () => number) => (next() < 0.05 ? extreme : exponential(next));
  const model = learned(5_000, draw);
  expect(model.surprise(extreme)).toBeLessThan(2.1);
  expect(model.bulkSurprise(extreme)).toBeGreaterThan(4);
});

test('follows values to any magnitude: the top moves up', () => {
  const model = newModel();
  const next = random(5);
  for (let i = 0; i < 500; i++) model.learn(1e-9 * exponential(next), 1);
  for (let i = 0; i < 5_000; i++) model.learn(1e20 * exponential(next), 1);
  expect(model.middle / (1e20 * Math.LN2)).toBeGreaterThan(0.8);
  expect(model.middle / (1e20 * Math.LN2)).toBeLessThan(1.2);
});

test('zeros alone know nothing, and a weight counts for its share', () => {
  const zeros = learned(500, () => 0);
  expect(zeros.surprise(5)).toBe(0);
  const model = newModel();
  for (let i = 0; i < 1_000; i++) model.learn(1, 1);
  for (let i = 0; i < 1_000; i++) model.learn(100, 0.01);
  expect(model.total).toBeCloseTo(1010, 3);
  expect(model.middle).toBeLessThan(2);
});

test('any values: surprises are numbers from 0 to 30', () => {
  const values = fc.array(
    fc.oneof(fc.double({ min: 0, max: 1e30, noNaN: true }), fc.constantFrom(0, 1e-45, 1, 1e30)),
    { maxLength: 400 },
  );
  fc.assert(
    fc.property(values, (list) => {
      const model = newModel();
      for (const value of list) {
        for (const surprise of [model.surprise(value), model.bulkSurprise(value)]) {
          expect(surprise).toBeGreaterThanOrEqual(0);
          expect(surprise).toBeLessThan(1e3);
        }
        model.learn(value, 1);
      }
      expect(model.total).toBe(list.length);
    }),
  );
});
