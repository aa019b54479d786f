import { describe, expect, test } from '@jest/globals';
import { detectorKind, newVerdict, observe } from '@tidewatch/anomaly-detection';
import { BASE_KINDS, type BaseKind } from './base';
import { appliesTo, SERIES_FAULTS, type SeriesFault } from './fault-effects';
import { labelledSeries, type SeriesPlan } from './labelled-series';

/** The product's detector on series with labelled faults, through its port: what it finds, what it does not, and what it learns. */
const SEEDS = [1, 2, 5];
/** Ten days. */
const ROWS = 2_880;
/** An alarm may come so many rows after the end of a fault: the same tolerance as in the benchmark. */
const TOLERANCE = 20;

/** In all of the series, in some or none, in none. The last two are gaps that we know of, but for a gap and a set clock, which are no faults of the values. */
type Found = 'found' | 'at times' | 'missed' | 'at its end';

/** What holds for each kind of series, unless said otherwise below. */
const USUALLY: Readonly<Record<SeriesFault, Found>> = {
  spike: 'found',
  dip: 'found',
  drift: 'found',
  'level-shift': 'found',
  stuck: 'found',
  'noise-burst': 'found',
  'seasonal-change': 'at times',
  'unit-thousand': 'found',
  'unit-fahrenheit': 'found',
  gap: 'missed',
  'clock-jump': 'missed',
};
const EXCEPT: Readonly<Partial<Record<BaseKind, Partial<Record<SeriesFault, Found>>>>> = {
  // Within the swing of a day: the dip is 15 times the noise, but three quarters of the amplitude.
  seasonal: { dip: 'at times', drift: 'at times', 'seasonal-change': 'found' },
  // A counter may begin anew at any time, so a fall says nothing; the way back is a jump.
  counter: { dip: 'at its end', drift: 'at times' },
  // Fahrenheit of what is quiet is no higher than its bursts.
  bursty: { 'unit-fahrenheit': 'at times' },
};
/** Alarms in ten days of readings without a fault, at most on average of so many seeds: of a counter three come at once, and of few seeds only. */
const FALSE_ALARMS: Readonly<Record<BaseKind, number>> = {
  constant: 0,
  seasonal: 0.3,
  ar1: 3,
  quantised: 0.2,
  counter: 0.6,
  bursty: 11,
};
const CLEAN_SEEDS = 20;
/** Readings within which an alarm is raised at the latest; of those not named, 5. */
const DELAY: Readonly<Partial<Record<SeriesFault, number>>> = {
  drift: 288,
  stuck: 96,
  'noise-burst': 48,
  'unit-fahrenheit': 144,
};

function alarmsIn({ timesMs, values }: { timesMs: readonly number[]; values: readonly number[] }): number[] {
  const detector = detectorKind('agreement').create();
  const verdict = newVerdict();
  return values.flatMap((value, row) => {
    observe(detector, timesMs[row]! * 1_000, value, verdict);
    return verdict.score >= 0.5 ? [row] : [];
  });
}

const cleanAlarms = new Map<string, readonly number[]>();
function alarmsWithoutFault(seed: number, base: BaseKind): readonly number[] {
  const key = `${base} ${seed}`;
  const known = cleanAlarms.get(key) ?? alarmsIn(labelledSeries({ seed, base, fault: null, rows: ROWS }));
  cleanAlarms.set(key, known);
  return known;
}

/** Readings from the beginning of the fault to the first alarm; Infinity without one. What is raised without the fault as well counts for nothing. */
function delayOf(plan: SeriesPlan): number {
  const series = labelledSeries(plan);
  const { first, last } = series.fault!;
  const anyway = alarmsWithoutFault(plan.seed, plan.base);
  const alarm = alarmsIn(series).find(
    (row) => row >= first && row <= last + TOLERANCE && !anyway.includes(row),
  );
  return alarm === undefined ? Infinity : alarm - first;
}

describe.each(BASE_KINDS)('agreement on a series that is %s', (base) => {
  test('without a fault raises few alarms', () => {
    let alarms = 0;
    for (let seed = 1; seed <= CLEAN_SEEDS; seed++) alarms += alarmsWithoutFault(seed, base).length;
    expect(alarms / CLEAN_SEEDS).toBeLessThanOrEqual(FALSE_ALARMS[base]);
  });

  const cases = SERIES_FAULTS.filter((fault) => appliesTo(fault, base)).map((fault): [SeriesFault, Found] => [
    fault,
    EXCEPT[base]?.[fault] ?? USUALLY[fault],
  ]);
  test.each(cases)('%s is %s', (fault, expected) => {
    const delays = SEEDS.map((seed) => delayOf({ seed, base, fault, rows: ROWS }));
    const found = delays.filter((delay) => delay < Infinity);
    if (expected === 'missed') expect(found).toEqual([]);
    else if (expected === 'at times') expect(found.length).toBeLessThan(SEEDS.length);
    else if (expected === 'at its end') {
      expect(found.length).toBe(SEEDS.length);
      expect(Math.min(...delays)).toBeGreaterThan(5);
    } else expect(Math.max(...delays)).toBeLessThanOrEqual(DELAY[fault] ?? 5);
  });
});

/** Kinds whose level shift is found, so that there is something not to learn. */
const LEVELS = ['constant', 'ar1', 'quantised', 'bursty'] as const;
const FIRST = 1_500;

describe.each(LEVELS)('what agreement learns of a series that is %s', (base) => {
  test('a fault of 30 readings is not learned: what comes back is normal, and the same fault is found again', () => {
    const second = FIRST + 600;
    for (const seed of SEEDS) {
      const shift = { seed, base, fault: 'level-shift', rows: ROWS, faultRows: 30 } as const;
      const once = labelledSeries({ ...shift, faultFirstRow: FIRST });
      const later = labelledSeries({ ...shift, faultFirstRow: second });
      const values = once.values.map((value, row) => (row < second ? value : later.values[row]!));
      const alarms = alarmsIn({ timesMs: once.timesMs, values });
      const between = (from: number, to: number) => alarms.filter((row) => row >= from && row < to);
      // After an alarm of its own, such as of a burst, a series rests for 9 readings.
      expect(between(FIRST, FIRST + 10).length).toBeGreaterThan(0);
      const calm = between(FIRST + 30 + TOLERANCE, second);
      // Limits are higher by then, so what is an alarm anyway may be one a few readings later.
      const isAnyway = (row: number): boolean =>
        alarmsWithoutFault(seed, base).some((other) => row >= other && row < other + 10);
      expect(calm.filter((row) => !isAnyway(row))).toEqual([]);
      expect(between(second, second + 30 + TOLERANCE).length).toBeGreaterThan(0);
    }
  });

  test('a lasting new normal is accepted within 300 readings, and what is unusual there is found', () => {
    for (const seed of SEEDS) {
      const shift = {
        seed,
        base,
        fault: 'level-shift',
        faultRows: Infinity,
        faultFirstRow: FIRST,
        rows: ROWS,
      } as const;
      const series = labelledSeries(shift);
      const spikeRow = FIRST + 1_200;
      const values = series.values.map((value, row) => (row === spikeRow ? value + 200 : value));
      const alarms = alarmsIn({ timesMs: series.timesMs, values }).filter((row) => row >= FIRST);
      expect(alarms[0]).toBeLessThan(FIRST + 10);
      const accepted = alarms.filter((row) => row >= FIRST + 300 && row < spikeRow);
      expect(accepted.length).toBeLessThanOrEqual(FALSE_ALARMS[base]);
      expect(alarms).toContain(spikeRow);
    }
  });
});

test('a gap shorter than 100 readings at a steep part of a day is taken for a jump: a gap that we know of', () => {
  const delays = SEEDS.map((seed) =>
    delayOf({ seed, base: 'seasonal', fault: 'gap', rows: ROWS, faultRows: 72, faultFirstRow: 1_980 }),
  );
  expect(delays.filter((delay) => delay < Infinity).length).toBeGreaterThan(0);
});
