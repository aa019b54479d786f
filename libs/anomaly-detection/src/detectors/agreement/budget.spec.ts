import { describe, expect, test } from '@jest/globals';
import { newVerdict, observe } from '../../detector';
import { normal, random } from '../../testing/generated-series';
import { agreement } from './agreement';

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

describe('one alarm is accepted in a week: twenty weeks of one reading a minute raise a third of that to three times as many', () => {
  const run = { readings: WEEKS * MINUTES_A_WEEK, stepUs: 60_000_000, budget: 1 };
  const noise = normal(random(4));

  test.each<[string, () => number]>([
    ['a light tail', noise],
    [
      'a heavy tail (Student, three degrees of freedom)',
      () => noise() / Math.sqrt((noise() ** 2 + noise() ** 2 + noise() ** 2) / 3),
    ],
  ])('%s', (_, draw) => {
    const alarms = alarmsOf(draw, run);
    expect(alarms).toBeGreaterThanOrEqual(WEEKS / 3);
    expect(alarms).toBeLessThanOrEqual(WEEKS * 3);
  });
});

test('a smaller budget, as that of one of many series of a device, is kept to by fewer alarms', () => {
  const heavy = () => {
    const noise = normal(random(9));
    return () => noise() / Math.sqrt((noise() ** 2 + noise() ** 2 + noise() ** 2) / 3);
  };
  const run = { readings: 100_000, stepUs: 1_000_000 };
  const whole = alarmsOf(heavy(), { ...run, budget: 1 });
  const share = alarmsOf(heavy(), { ...run, budget: 1 / 19 });
  expect(share).toBeGreaterThan(0);
  expect(share).toBeLessThan(whole);
});
