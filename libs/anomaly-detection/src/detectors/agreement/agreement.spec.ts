import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { newVerdict, observe, type Verdict } from '../../detector';
import { SnapshotError } from '../../errors';
import { flaggedBy, generate, normal, random } from '../../testing/generated-series';
import { agreement } from './agreement';
import { LAST_READINGS, WAITING_READINGS } from './layout';

const flagged = (values: readonly number[], times?: readonly number[]) => flaggedBy(agreement, values, times);

/** What is said of the last of these values. */
function lastVerdict(values: readonly number[]): Verdict {
  const detector = agreement.create();
  const verdict = newVerdict();
  values.forEach((value, i) => observe(detector, i * 60_000_000, value, verdict));
  return verdict;
}

/** Causes of all alarms. */
function causesOf(values: readonly number[]): string[] {
  const detector = agreement.create();
  const verdict = newVerdict();
  const causes: string[] = [];
  values.forEach((value, i) => {
    observe(detector, i * 60_000_000, value, verdict);
    if (verdict.score >= 0.5) causes.push(verdict.cause);
  });
  return causes;
}

const noise = normal(random(7));
/** A day and a half of a slow wave: what it does after row 1,000 it has done before. */
const temperature = generate(4_000, (i) => 25 + Math.sin(i / 100) + 0.2 * noise());
const FROM = 2_500;
const alarmsFrom = (values: readonly number[]) => flagged(values).filter((i) => i >= FROM);

describe('finds', () => {
  test('nothing where there is nothing', () => {
    expect(alarmsFrom(temperature)).toEqual([]);
  });

  test.each<[string, number]>([
    ['a spike', 92.1],
    ['a dip', 3],
    ['a small spike', 29],
  ])('%s, once', (_, value) => {
    const values = [...temperature];
    values[3_000] = value;
    expect(alarmsFrom(values)).toEqual([3_000]);
  });

  test('a level shift at its edge, and the way back only as long as the old level was not forgotten', () => {
    const shifted = temperature.map((value, i) => (i >= 3_000 ? value + 6 : value));
    expect(alarmsFrom(shifted)[0]).toBe(3_000);
    expect(alarmsFrom(shifted).at(-1)!).toBeLessThan(3_200);
  });

  test('a small one in its first day only if it is fast: what has a reading a minute may still turn out to have a cycle', () => {
    const next = normal(random(3));
    const shifted = generate(900, (i) => next() + (i >= 700 ? 3 : 0));
    const every = (seconds: number): number[] => shifted.map((_, i) => i * seconds * 1e6);
    expect(flagged(shifted, every(60))).toEqual([]);
    const [first] = flagged(shifted, every(1));
    expect(first).toBeGreaterThanOrEqual(700);
    expect(first).toBeLessThan(715);
  });

  test('a drift, by its level', () => {
    const drifting = temperature.map((value, i) => (i >= 3_000 ? value + (i - 3_000) * 0.02 : value));
    const [first] = alarmsFrom(drifting);
    expect(first).toBeGreaterThan(3_000);
    expect(first).toBeLessThan(3_300);
  });

  test('a burst of noise', () => {
    const bursting = temperature.map((value, i) =>
      i >= 3_000 && i < 3_050 ? value + 3 * Math.sin(i * 7.3) : value,
    );
    const [first] = alarmsFrom(bursting);
    expect(first).toBeGreaterThanOrEqual(3_000);
    expect(first).toBeLessThan(3_010);
  });

  test('a spike on a large offset', () => {
    const values = temperature.map((value) => value + 1.7e9);
    values[3_000]! += 8;
    expect(alarmsFrom(values)).toEqual([3_000]);
  });
});

describe('finds the first change of a series that was constant from its beginning', () => {
  const constant = generate(500, () => 20);

  test.each([
    ['a jump', generate(50, () => 500)],
    ['a spike, and the way back is no second alarm', [500, ...generate(50, () => 20)]],
    ['a small step', [20.1, 20, 20.1]],
  ])('%s', (_, rest) => {
    expect(flagged([...constant, ...rest])).toEqual([500]);
  });

  test('but not while it is young', () => {
    expect(flagged([...constant.slice(0, 30), ...generate(50, () => 9)])).toEqual([]);
  });

  test('and says so', () => {
    const verdict = lastVerdict([...constant, 500]);
    expect(verdict).toMatchObject({ expectedMin: 20, expectedMax: 20, deviation: Infinity });
  });
});

describe('finds a stuck sensor', () => {
  const rounded = temperature.map((value) => Math.round(value * 10) / 10);
  const stuckFrom3000 = (values: readonly number[]) =>
    values.map((value, i) => (i >= 3_000 && i < 3_300 ? values[3_000]! : value));

  test.each([
    ['that used to move with every reading', temperature],
    ['of a coarse resolution', rounded],
  ])('%s, once', (_, values) => {
    const alarms = flagged(stuckFrom3000(values)).filter((i) => i >= FROM && i < 3_300);
    expect(alarms).toHaveLength(1);
    expect(alarms[0]).toBeLessThan(3_060);
  });

  test('and says so', () => {
    const [at] = flagged(stuckFrom3000(rounded)).filter((i) => i >= FROM);
    const verdict = lastVerdict(stuckFrom3000(rounded).slice(0, at! + 1));
    expect(verdict).toMatchObject({ cause: 'stuck', observed: rounded[3_000] });
    expect(verdict.deviation).toBeGreaterThan(4);
  });

  test.each<[string, (next: () => number, i: number) => number]>([
    ['a series that is mostly zero', (next) => (next() < 0.01 ? 5 * next() : 0)],
    ['a counter that often stands still', (_, i) => Math.floor(i / 40)],
    ['a coarse cycle', (_, i) => Math.round(3 * Math.sin(i / 300))],
  ])('not in %s', (_, at) => {
    const next = random(11);
    const values = generate(50_000, (i) => at(next, i));
    expect(causesOf(values)).not.toContain('stuck');
  });
});

test('a cycle of a day, while it is the first: the limits are wider', () => {
  const alarms = Array.from({ length: 10 }, (_, seed) => {
    const next = random(seed + 1);
    const [disturbed, phase] = [normal(next), 2 * Math.PI * next()];
    const cycle = (i: number) => 50 + 10 * Math.sin(phase + (2 * Math.PI * i) / 1440) + disturbed();
    return flagged(generate(1440, cycle)).length;
  });
  expect(alarms.reduce((sum, n) => sum + n)).toBeLessThanOrEqual(5);
});

describe('does not cry wolf', () => {
  /** Ten weeks of one reading a minute. One alarm in 10,080 readings is the budget. */
  const N = 100_000;
  const perTenThousand = (values: readonly number[]) => (flagged(values).length / values.length) * 10_000;

  test.each<[string, number, (next: () => number, i: number) => number]>([
    ['normal noise', 1, (next) => normal(next)()],
    ['uniform noise', 1, (next) => next()],
    ['Laplace noise', 2, (next) => Math.sign(next() - 0.5) * Math.log(1 - next())],
    ['a daily cycle with noise', 1, (next, i) => 10 * Math.sin((i * 2 * Math.PI) / 1440) + normal(next)()],
    ['a quantised cycle', 1, (next, i) => Math.round(100 * Math.sin(i / 300) + next()) / 10],
    ['rare steps of the resolution', 1, (next) => 20 + (next() < 0.001 ? 0.1 : 0)],
    ['a switch', 1, (_, i) => Math.floor(i / 700) % 2],
    ['a counter with resets', 1.5, (next, i) => (i % 10_000) * 5 + Math.floor(next() * 4)],
    ['a constant', 0, () => 42],
    ['zeros', 0, () => 0],
  ])('%s', (_, most, at) => {
    const next = random(11);
    expect(perTenThousand(generate(N, (i) => at(next, i)))).toBeLessThanOrEqual(most);
  });

  test('a random walk', () => {
    const step = normal(random(5));
    let at = 0;
    expect(perTenThousand(generate(N, () => (at += step())))).toBeLessThanOrEqual(2);
  });

  test('the other value after a long gap', () => {
    const quiet = normal(random(3));
    const values = generate(1_000, (i) => (i < 500 ? 20 : 24) + 0.2 * quiet());
    const times = values.map((_, i) => i * 60_000_000 + (i >= 500 ? 86_400_000_000 : 0));
    expect(flagged(values)).toContain(500);
    expect(flagged(values, times).filter((i) => i >= 500)).toEqual([]);
  });
});

const anyReadings = fc.array(
  fc.oneof(
    fc.double(),
    fc.double({ min: -100, max: 100, noNaN: true }),
    fc.constantFrom(0, 1, 1e308, -1e308),
  ),
  { maxLength: 300 },
);

test('any value at all: scores stay in [0, 1], and what is flagged is outside of what was expected', () => {
  fc.assert(
    fc.property(anyReadings, (values) => {
      const detector = agreement.create();
      const verdict = newVerdict();
      values.forEach((value, i) => {
        observe(detector, i * 1_000_000, value, verdict);
        expect(verdict.score).toBeGreaterThanOrEqual(0);
        expect(verdict.score).toBeLessThanOrEqual(1);
        if (verdict.score < 0.5) return;
        expect(verdict.expectedMin).toBeLessThanOrEqual(verdict.expectedMax);
        expect(Number.isNaN(verdict.deviation)).toBe(false);
        if (verdict.cause === 'stuck') return;
        if (Math.abs(value) < 1e12 && Math.abs(verdict.observed) < 1e12) {
          expect(verdict.observed <= verdict.expectedMin || verdict.observed >= verdict.expectedMax).toBe(
            true,
          );
        }
      });
    }),
  );
});

test('a detector restored at any point continues bit for bit, also beside others', () => {
  fc.assert(
    fc.property(anyReadings, fc.nat(300), (values, cut) => {
      let detector = agreement.create();
      const straight = agreement.create();
      const [a, b] = [newVerdict(), newVerdict()];
      values.forEach((value, i) => {
        if (i === cut) detector = agreement.restore(detector.snapshot());
        observe(detector, i * 1_000_000, value, a);
        observe(straight, i * 1_000_000, value, b);
        expect(a).toEqual(b);
      });
      expect(detector.snapshot().slice()).toEqual(straight.snapshot());
    }),
  );
});

test('how strongly each statistic fired is told of the reading itself, whatever another series did just before', () => {
  const spiky = agreement.create();
  const next = normal(random(11));
  // In its usual place to the end, so that nothing but the run is unusual.
  const values = generate(1_400, (i) => (i < 1_200 ? 25 + next() : 25));
  temperature.forEach((value, i) => observe(spiky, i * 60_000_000, value, newVerdict()));
  const verdicts = (before: () => void): Verdict[] => {
    const detector = agreement.create();
    return values.map((value, i) => {
      const verdict = newVerdict();
      before();
      observe(detector, i * 60_000_000, value, verdict);
      return verdict;
    });
  };
  const alone = verdicts(() => undefined);
  expect(verdicts(() => spiky.judge(temperature.length * 60_000_000, 500, newVerdict()))).toEqual(alone);
  const causes = alone.filter(({ ratio }) => ratio >= 1).map(({ cause }) => cause);
  expect(causes).toContain('stuck');
});

describe('a snapshot', () => {
  const trained = agreement.create();
  temperature.forEach((value, i) => observe(trained, i * 60_000_000, value, newVerdict()));
  const bytes = trained.snapshot().slice();

  test('is small', () => {
    expect(bytes.length).toBeLessThan(2_200);
  });

  test('of another kind or version, cut short or with more behind it, is refused', () => {
    const otherVersion = Uint8Array.from(bytes);
    otherVersion[1]! += 1;
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    for (const bad of [new Uint8Array(0), bytes.subarray(1), bytes.subarray(0, -1), otherVersion, longer]) {
      expect(() => agreement.restore(bad)).toThrow(SnapshotError);
    }
  });

  test('whose places lie outside of its own state is refused', () => {
    // Behind kind and version: the next slot, what waits, and the most that may wait.
    for (const [at, value] of [
      [2, LAST_READINGS],
      [3, WAITING_READINGS],
      [4, WAITING_READINGS + 1],
    ] as const) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = value;
      expect(() => agreement.restore(damaged)).toThrow(SnapshotError);
    }
  });

  test('with any byte changed is refused or restored, and nothing else', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
        const damaged = Uint8Array.from(bytes);
        damaged[at] = byte;
        try {
          observe(agreement.restore(damaged), 5_000 * 60_000_000, 25, newVerdict());
        } catch (error) {
          expect(error).toBeInstanceOf(SnapshotError);
        }
      }),
    );
  });
});

describe('says why in the words of a technician', () => {
  test.each([
    [{ deviation: 31.4 }, '31 times as far from the usual level as usual'],
    [{ deviation: 12.4, cause: 'stuck' as const }, 'no change any more, for 12 times as long as ever before'],
    [{ deviation: Infinity }, 'a first change after a constant stretch'],
    [{ deviation: 4.25, cause: 'level' as const }, 'the level has moved 4.25 times as far as usual'],
  ])('%#', (verdict, reason) => {
    expect(agreement.reason({ ...newVerdict(), ...verdict })).toBe(reason);
  });
});
