import { describe, expect, test } from '@jest/globals';
import type { DetectionLimits } from '@tidewatch/contracts';
import * as fc from 'fast-check';
import { openEpisode } from '../episodes';
import { SnapshotError } from '../errors';
import { LimitWatch } from './limit-watch';

const SECOND = 1_000_000;
const SILENCE = 420 * SECOND;

type Reading = readonly [second: number, value: number];

const watchOf = (limits: DetectionLimits) => new LimitWatch(limits, { silenceUs: SILENCE, open: [] });

/** What is said of a reading by each limit that it is beyond: `max!` where it is an alarm, `max` where it is not yet. */
function say(watch: LimitWatch, [second, value]: Reading): string {
  return watch.limits
    .map((limit) => {
      const { verdict } = limit.observe(second * SECOND, value);
      return verdict.ratio < 1 ? '' : `${limit.name}${verdict.score >= 0.5 ? '!' : ''}`;
    })
    .filter((text) => text !== '')
    .join(' ');
}

const course = (limits: DetectionLimits, readings: readonly Reading[]): string[] => {
  const watch = watchOf(limits);
  return readings.map((reading) => say(watch, reading));
};
const everySecond = (...values: number[]): Reading[] => values.map((value, second) => [second, value]);

describe('a bound', () => {
  test('is in range itself', () => {
    expect(course({ min: { value: 4 }, max: { value: 90 } }, everySecond(90, 90.1, 4, 3.9, 50))).toEqual([
      ...['', 'max!', '', 'min!', ''],
    ]);
  });

  test('is an alarm when it was passed for the time that is set, without a break', () => {
    const max = { value: 90, forSeconds: 3 };
    expect(course({ max }, everySecond(91, 92, 93, 91, 91, 90, 91, 91))).toEqual([
      ...['max', 'max', 'max', 'max!', 'max!', '', 'max', 'max'],
    ]);
  });

  test('has the series back only when it has come back by the hysteresis', () => {
    const limits = { min: { value: 10, hysteresis: 5 }, max: { value: 90, hysteresis: 2, forSeconds: 2 } };
    expect(course(limits, everySecond(89, 91, 88.1, 90, 88, 89))).toEqual(['', 'max', 'max', 'max!', '', '']);
    expect(course(limits, everySecond(9, 14.9, 15, 14))).toEqual(['min!', 'min!', '', '']);
  });

  test('counts how far: in halves of the range, else in limits', () => {
    const ratio = (limits: DetectionLimits, value: number) =>
      watchOf(limits).limits.map((limit) => limit.observe(0, value).verdict.ratio);
    expect(ratio({ max: { value: 90 } }, 180)).toEqual([2]);
    expect(ratio({ max: { value: -18 } }, -9)).toEqual([1.5]);
    expect(ratio({ min: { value: 0, hysteresis: 2 } }, -6)).toEqual([4]);
    expect(ratio({ min: { value: 0 } }, -6)).toEqual([7]);
    expect(ratio({ min: { value: 70 }, max: { value: 90 } }, 110)).toEqual([0, 3]);
  });

  test('is waited for by the readings: a silence that is longer than usual ends what went on', () => {
    const max = { value: 90, forSeconds: 600 };
    expect(course({ max }, [[0, 91], [1, 91], [420, 91], [601, 91]]).at(-1)).toBe('max!'); // prettier-ignore
    expect(course({ max }, [[0, 91], [1, 91], [421, 91], [601, 91], [1_021, 91]])).toEqual([
      ...['max', 'max', 'max', 'max', 'max!'],
    ]); // prettier-ignore
    // After 300 s between two readings, 900 s are no silence yet.
    expect(course({ max }, [[0, 91], [300, 91], [1_200, 91]])).toEqual(['max', 'max', 'max!']); // prettier-ignore
    expect(course({ max }, [[0, 91], [300, 91], [1_201, 91]])).toEqual(['max', 'max', 'max']); // prettier-ignore
  });

  test('of a slow series knows its pace from the readings before', () => {
    const hour = 3_600;
    const max = { value: 90, forSeconds: 2 * hour };
    expect(
      course(
        { max },
        [50, 91, 92, 93].map((value, i) => [i * hour, value]),
      ),
    ).toEqual([...['', 'max', 'max', 'max!']]);
  });

  test('tells of all that it waited through: when it began, its peak and how many readings it had', () => {
    const watch = watchOf({ max: { value: 90, forSeconds: 3, hysteresis: 5 } });
    for (const reading of everySecond(50, 91, 96.2, 92)) say(watch, reading);
    const judged = watch.limits[0]!.observe(4 * SECOND, 89);
    expect(judged.verdict.score).toBeGreaterThanOrEqual(0.5);
    expect(openEpisode(judged, 0)).toMatchObject({
      ...{ source: 'limit-max', beganUs: SECOND, lastUs: 4 * SECOND, lastFlaggedUs: 4 * SECOND },
      ...{ flaggedReadings: 4, longestIntervalUs: SECOND },
      peak: {
        ...{ timeUs: 2 * SECOND, value: 96.2, observed: 96.2, cause: 'above', reason: 'above the limit' },
        ...{ expectedMin: -Number.MAX_VALUE, expectedMax: 90, deviation: null, statistics: [] },
      },
    });
  });
});

describe('a rate', () => {
  test('is of the change from one reading to the next, up or down', () => {
    const rate = { maxPerSecond: 2 };
    const readings: Reading[] = [[0, 100], [1, 102], [2, 104.5], [3, 101], [13, 121], [14, 121]]; // prettier-ignore
    expect(course({ rate }, readings)).toEqual(['', '', 'rate!', 'rate!', '', '']);
    const watch = watchOf({ rate });
    say(watch, [0, 10]);
    expect(watch.limits[0]!.observe(2 * SECOND, 2).verdict).toMatchObject({
      ...{ ratio: 2, observed: -4, expectedMin: 6, expectedMax: 14, cause: 'rate' },
    });
  });

  test('has to last, and to slow down by the hysteresis', () => {
    const rate = { maxPerSecond: 2, forSeconds: 1, hysteresis: 1 };
    expect(course({ rate }, everySecond(0, 3, 3, 6, 7.5, 8.5, 11))).toEqual([
      ...['', 'rate', '', 'rate', 'rate!', '', 'rate'],
    ]);
  });
});

describe('a value that is stuck', () => {
  test('is an alarm when it has not changed for the time that is set, while readings came', () => {
    const stuck = { forSeconds: 3 };
    expect(course({ stuck }, everySecond(5, 7, 7, 7, 7, 7, 8, 8))).toEqual([
      ...['', '', '', '', 'stuck!', 'stuck!', '', ''],
    ]);
    expect(course({ stuck }, [[0, 0], [1, 0], [500, 0], [502, 0], [503, 0]])).toEqual([
      ...['', '', '', '', 'stuck!'],
    ]); // prettier-ignore
  });

  test('may tremble by the hysteresis, but not wander', () => {
    const stuck = { forSeconds: 3, hysteresis: 0.5 };
    expect(course({ stuck }, everySecond(5, 5.5, 4.5, 5.2, 5))).toEqual(['', '', '', 'stuck!', 'stuck!']);
    expect(course({ stuck }, everySecond(5, 5.3, 5.6, 5.9, 6.2, 6.5))).toEqual(['', '', '', '', '', '']);
  });

  test('tells since when, and the more the longer', () => {
    const watch = watchOf({ stuck: { forSeconds: 60 } });
    for (let second = 0; second < 90; second++) say(watch, [second, 7]);
    const judged = watch.limits[0]!.observe(90 * SECOND, 7);
    expect(openEpisode(judged, 0)).toMatchObject({
      ...{ beganUs: 0, flaggedReadings: 91 },
      peak: { timeUs: 90 * SECOND, ratio: 1.5, observed: 90, cause: 'no-change' },
    });
  });
});

const limits: fc.Arbitrary<DetectionLimits> = fc
  .record({
    min: fc.option(fc.record({ value: fc.nat(4), hysteresis: fc.nat(3), forSeconds: fc.nat(20) })),
    max: fc.option(fc.record({ value: fc.nat(4), hysteresis: fc.nat(3), forSeconds: fc.nat(20) })),
    rate: fc.option(
      fc.record({ maxPerSecond: fc.constantFrom(0.1, 1), hysteresis: fc.nat(1), forSeconds: fc.nat(9) }),
    ),
    stuck: fc.option(fc.record({ forSeconds: fc.integer({ min: 1, max: 20 }), hysteresis: fc.nat(1) })),
  })
  .map((record) => Object.fromEntries(Object.entries(record).filter(([, limit]) => limit !== null)));
const pause = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(200, 419, 420, 2_000));
const readings = fc
  .array(fc.tuple(pause, fc.integer({ min: -1, max: 6 })), { maxLength: 60 })
  .map((list): Reading[] => {
    let second = 0;
    return list.map(([wait, value]) => [(second += wait), value]);
  });

test('a bound says what is found by looking at all readings from the beginning', () => {
  /** Of the last of some readings. */
  const reference = (
    list: readonly Reading[],
    { value, hysteresis = 0, forSeconds = 0 }: NonNullable<DetectionLimits['max']>,
  ): string => {
    let since: number | undefined;
    let longest = 0;
    list.forEach(([second, x], i) => {
      const interval = i === 0 ? 0 : second - list[i - 1]![0];
      if (since !== undefined && interval >= 420 && interval > 3 * longest) since = undefined;
      if (since === undefined) {
        if (x > value) [since, longest] = [second, interval];
      } else if (x <= value - hysteresis) since = undefined;
      else longest = Math.max(longest, interval);
    });
    if (since === undefined) return '';
    return list.at(-1)![0] - since >= forSeconds ? 'max!' : 'max';
  };
  fc.assert(
    fc.property(
      readings,
      fc.record({ value: fc.nat(4), hysteresis: fc.nat(3), forSeconds: fc.nat(20) }),
      (list, max) => {
        expect(course({ max }, list)).toEqual(list.map((_, i) => reference(list.slice(0, i + 1), max)));
      },
    ),
  );
});

test('restored anywhere, all goes on bit for bit', () => {
  fc.assert(
    fc.property(limits, readings, fc.array(fc.boolean(), { maxLength: 60 }), (set, list, cuts) => {
      const straight = watchOf(set);
      let cut = watchOf(set);
      list.forEach((reading, i) => {
        if (cuts[i]) {
          const next = watchOf(set);
          next.restore(cut.snapshot());
          cut = next;
        }
        expect(say(cut, reading)).toBe(say(straight, reading));
        expect(Buffer.compare(cut.snapshot(), straight.snapshot())).toBe(0);
      });
    }),
  );
});

test('numbers stay numbers, whatever the values', () => {
  fc.assert(
    fc.property(limits, fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })), (set, values) => {
      const watch = watchOf(set);
      values.forEach((value, i) => {
        for (const limit of watch.limits) {
          const judged = limit.observe(i + 1, value);
          expect(judged.verdict.ratio).toBeGreaterThanOrEqual(0);
          if (judged.verdict.score < 0.5) continue;
          const { peak } = openEpisode(judged, 0);
          const numbers = [peak.value, peak.ratio, peak.observed, peak.expectedMin, peak.expectedMax];
          expect(numbers.every(Number.isFinite)).toBe(true);
        }
      });
    }),
  );
});

describe('state', () => {
  const max = { value: 90, forSeconds: 3 };
  const stored = (): Uint8Array => {
    const watch = watchOf({ max, stuck: { forSeconds: 3 } });
    for (const reading of everySecond(91, 91, 91)) say(watch, reading);
    return watch.snapshot();
  };

  test('belongs to the numbers of its limit: with others it begins anew', () => {
    const watch = watchOf({ max: { ...max, hysteresis: 1 }, stuck: { forSeconds: 3 } });
    watch.restore(stored());
    expect(say(watch, [3, 91])).toBe('max stuck!');
  });

  test('is nothing where there is no limit, and of a limit that is no more', () => {
    const watch = new LimitWatch({}, { silenceUs: SILENCE, open: ['max'] });
    watch.restore(stored());
    expect(watch.limits.map(({ name }) => name)).toEqual(['max']);
    expect(say(watch, [3, 91])).toBe('');
    expect(watch.snapshot()).toHaveLength(0);
  });

  test('of another version, or damaged, is refused', () => {
    const bytes = stored();
    expect(() => watchOf({ max }).restore(Uint8Array.from([2, ...bytes.subarray(1)]))).toThrow(SnapshotError);
    for (let length = 2; length < bytes.length; length += 7)
      expect(() => watchOf({ max }).restore(bytes.subarray(0, length))).toThrow(SnapshotError);
    expect(() => watchOf({ max }).restore(Uint8Array.from([1, 9, ...bytes.subarray(2)]))).toThrow(
      SnapshotError,
    );
  });
});
