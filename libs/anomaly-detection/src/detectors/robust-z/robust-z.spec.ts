import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { newVerdict } from '../../detector';
import { SnapshotError } from '../../errors';
import { flaggedBy, generate, normal, random } from '../../testing/generated-series';
import { robustZ } from './robust-z';

const flagged = (values: readonly number[], times?: readonly number[]) => flaggedBy(robustZ, values, times);

describe('finds', () => {
  const noise = normal(random(7));
  const temperature = generate(2_000, (i) => 25 + Math.sin(i / 200) + 0.2 * noise());

  test('a spike, and the way back is no second one', () => {
    const values = [...temperature];
    values[1_500] = 92.1;
    expect(flagged(values)).toEqual([1_500]);
  });

  test('a dip', () => {
    const values = [...temperature];
    values[1_500] = 3;
    expect(flagged(values)).toEqual([1_500]);
  });

  test('a spike soon after the warm-up', () => {
    const values = temperature.slice(0, 60);
    values[50] = 92.1;
    expect(flagged(values)).toEqual([50]);
  });

  test('a level shift at its edge; 200 readings later the new level is normal and the way back is news', () => {
    const values = temperature.map((value, i) => (i >= 1_000 && i < 1_200 ? value + 60 : value));
    expect(flagged(values)).toEqual([1_000]);
    const spikeOnNewLevel = temperature.map((value, i) => (i >= 1_000 ? value + 60 : value));
    spikeOnNewLevel[1_200] = 200;
    expect(flagged(spikeOnNewLevel)).toEqual([1_000, 1_200]);
  });

  test('a jump of a constant series, but not its first small change', () => {
    const constant = generate(500, () => 20);
    expect(flagged([...constant, 500])).toEqual([500]);
    expect(flagged([...constant, 20.1, 20, 20.1])).toEqual([]);
  });
});

describe('does not cry wolf', () => {
  const rate = (values: readonly number[]) => (flagged(values).length / values.length) * 10_000;
  const N = 100_000;

  test.each<[string, number, (next: () => number, i: number) => number]>([
    ['normal noise', 0, (next) => normal(next)()],
    ['uniform noise', 0, (next) => next()],
    ['Laplace noise', 0.5, (next) => Math.sign(next() - 0.5) * Math.log(1 - next())],
    ['a daily cycle with noise', 0, (next, i) => 10 * Math.sin((i * 2 * Math.PI) / 1440) + normal(next)()],
    ['a quantised cycle', 0, (next, i) => Math.round(100 * Math.sin(i / 300) + next()) / 10],
    ['rare steps of the resolution', 0, (next) => 20 + (next() < 0.001 ? 0.1 : 0)],
    ['a switch', 0, (_, i) => Math.floor(i / 700) % 2],
    ['a counter with resets', 0, (next, i) => (i % 10_000) * 5 + Math.floor(next() * 4)],
    ['a constant', 0, () => 42],
    ['zeros', 0, () => 0],
  ])('%s', (_, perTenThousand, at) => {
    const next = random(11);
    expect(rate(generate(N, (i) => at(next, i)))).toBeLessThanOrEqual(perTenThousand + 0.1);
  });

  test('a random walk', () => {
    const step = normal(random(5));
    let at = 0;
    expect(rate(generate(N, () => (at += step())))).toBe(0);
  });

  test('the other value after a long gap', () => {
    const noise = normal(random(3));
    const values = generate(1_000, (i) => (i < 500 ? 20 : 24) + 0.2 * noise());
    const times = values.map((_, i) => i * 60_000_000 + (i >= 500 ? 86_400_000_000 : 0));
    expect(flagged(values)).toEqual([500]);
    expect(flagged(values, times)).toEqual([]);
  });
});

const anyReadings = fc.array(
  fc.oneof(
    fc.double(),
    fc.double({ min: -100, max: 100, noNaN: true }),
    fc.constantFrom(0, 1, 1e308, -1e308),
  ),
  { maxLength: 200 },
);

test('any value at all: verdicts are never NaN once learned, scores stay in [0, 1]', () => {
  fc.assert(
    fc.property(anyReadings, (values) => {
      const detector = robustZ.create();
      const verdict = newVerdict();
      values.forEach((value, i) => {
        detector.observe(i * 1000, value, verdict);
        expect(verdict.score).toBeGreaterThanOrEqual(0);
        expect(verdict.score).toBeLessThanOrEqual(1);
        if (verdict.score > 0) {
          expect(verdict.expectedMin).toBeLessThanOrEqual(verdict.expectedMax);
          expect(Number.isNaN(verdict.deviation)).toBe(false);
        }
        if (verdict.score >= 0.5 && Math.abs(value) < 1e150) {
          expect(value < verdict.expectedMin || value > verdict.expectedMax).toBe(true);
        }
      });
    }),
  );
});

test('a detector restored at any point continues bit for bit', () => {
  fc.assert(
    fc.property(anyReadings, fc.nat(200), (values, cut) => {
      let detector = robustZ.create();
      const straight = robustZ.create();
      const [a, b] = [newVerdict(), newVerdict()];
      values.forEach((value, i) => {
        if (i === cut) detector = robustZ.restore(detector.snapshot());
        detector.observe(i * 1000, value, a);
        straight.observe(i * 1000, value, b);
        expect(a).toEqual(b);
      });
      expect(detector.snapshot()).toEqual(straight.snapshot());
    }),
  );
});

test('refuses bytes which are no snapshot of it', () => {
  const bytes = robustZ.create().snapshot();
  const otherVersion = Uint8Array.from(bytes);
  otherVersion[1] = 2;
  for (const bad of [new Uint8Array(0), bytes.subarray(1), otherVersion]) {
    expect(() => robustZ.restore(bad)).toThrow(SnapshotError);
  }
});

test('explains in the words of a technician', () => {
  const verdict = { ...newVerdict(), score: 0.9, expectedMin: 24.8, expectedMax: 26.31234, deviation: 31.4 };
  expect(robustZ.explain(92.1, verdict)).toBe(
    '92.1, expected 24.8 to 26.31; a jump 31 times larger than usual',
  );
  expect(robustZ.explain(500, { ...verdict, deviation: Infinity })).toBe(
    '500, expected 24.8 to 26.31; the first change of a constant series',
  );
});
