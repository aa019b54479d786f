import { describe, expect, test } from '@jest/globals';
import { newVerdict, observe } from '../../detector';
import { normal, random } from '../../testing/generated-series';
import { agreement } from './agreement';

const SECOND_US = 1_000_000;
const WEEKS = 20;
const MINUTES_A_WEEK = 10_080;

interface Run {
  readonly readings: number;
  readonly stepUs: number;
  readonly budget: number;
}

function alarmsOf(draw: () => number, { readings, stepUs, budget }: Run): number {
  const detector = agreement.create();
  detector.budget(budget);
  const verdict = newVerdict();
  let alarms = 0;
  for (let i = 0; i < readings; i++) {
    observe(detector, i * stepUs, draw(), verdict);
    if (verdict.score >= 0.5) alarms += 1;
  }
  return alarms;
}

/** Three degrees of freedom: a heavy tail. */
function student(noise: () => number): () => number {
  return () => noise() / Math.sqrt((noise() ** 2 + noise() ** 2 + noise() ** 2) / 3);
}

function laplace(next: () => number): () => number {
  return () => Math.sign(next() - 0.5) * Math.log(1 - next());
}

function autoregressive(noise: () => number): () => number {
  let at = 0;
  return () => (at = 0.9 * at + noise());
}

describe('one alarm is accepted in a week: twenty weeks of one reading a minute raise a third of that to three times as many', () => {
  const run = { readings: WEEKS * MINUTES_A_WEEK, stepUs: 60 * SECOND_US, budget: 1 };
  const noise = normal(random(4));

  test.each<[string, () => number]>([
    ['a light tail', noise],
    ['a heavy tail (Student, three degrees of freedom)', student(noise)],
  ])('%s', (_, draw) => {
    const alarms = alarmsOf(draw, run);
    expect(alarms).toBeGreaterThanOrEqual(WEEKS / 3);
    expect(alarms).toBeLessThanOrEqual(WEEKS * 3);
  });
});

test('a smaller budget is kept to by fewer alarms', () => {
  const heavy = () => student(normal(random(9)));
  const run = { readings: 100_000, stepUs: SECOND_US };
  const many = alarmsOf(heavy(), { ...run, budget: 100 });
  const few = alarmsOf(heavy(), { ...run, budget: 1 / 19 });
  expect(few).toBeGreaterThan(0);
  expect(few).toBeLessThan(many / 2);
});

describe('a device of nineteen series with one reading a second, in its first day', () => {
  const run = { readings: 86_400, stepUs: SECOND_US, budget: 1 / 19 };
  const kinds: readonly ((seed: number) => () => number)[] = [
    (seed) => normal(random(seed)),
    (seed) => random(seed),
    (seed) => laplace(random(seed)),
    (seed) => autoregressive(normal(random(seed))),
    (seed) => student(normal(random(seed))),
  ];
  const device = Array.from({ length: 19 }, (_, i) => kinds[i % kinds.length]!(100 + i));

  test('raises at most three times the one alarm that is accepted in a week, as a device with a single hourly value does', () => {
    const alarms = device.map((draw) => alarmsOf(draw, run)).reduce((a, b) => a + b);
    expect(alarms).toBeLessThanOrEqual(3);
    const hourly = { readings: 24 * 7, stepUs: 3600 * SECOND_US, budget: 1 };
    expect(alarmsOf(normal(random(1)), hourly)).toBeLessThanOrEqual(3);
  });

  test('takes a lasting shift for the new normal after 400 readings at the latest', () => {
    const until = (readings: number) => {
      const noise = normal(random(1));
      let at = 0;
      const draw = () => noise() + (at++ >= run.readings ? 8 : 0);
      return alarmsOf(draw, { ...run, readings: run.readings + readings });
    };
    expect(until(400)).toBeGreaterThan(0);
    expect(until(2_000)).toBe(until(400));
  });

  test.each([
    ['a spike', 10, 1],
    ['a lasting shift', 4, 300],
  ])('is not deaf: %s of %d standard deviations', (_, size, length) => {
    const noise = normal(random(1));
    let at = 0;
    const draw = () => noise() + (at++ >= run.readings ? size : 0);
    expect(alarmsOf(draw, { ...run, readings: run.readings + length })).toBeGreaterThan(0);
    expect(alarmsOf(normal(random(1)), run)).toBe(0);
  });
});

test.each([
  ['a reading a minute', 60, 100, 1],
  ['a reading a second: not after minutes', 1, 600, 0],
  ['a reading a second: after two hours', 1, 7_200, 1],
])(
  'the first change of a constant series is an alarm where that is rare enough, %s',
  (_, seconds, constant, alarms) => {
    let at = 0;
    const draw = () => (at++ < constant ? 0 : 1);
    const run = { readings: constant + 1, stepUs: seconds * SECOND_US, budget: 1 };
    expect(alarmsOf(draw, run)).toBe(alarms);
  },
);
