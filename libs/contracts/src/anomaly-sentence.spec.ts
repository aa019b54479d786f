import { describe, expect, test } from '@jest/globals';
import type { Anomaly, Finding } from './anomalies';
import { anomalySentence, type ToldAnomaly } from './anomaly-sentence';
import { lengthInWords } from './quantities';

const BEGAN = '2026-03-01T14:02:10.000250Z';

function anomaly(change: Partial<Anomaly> = {}, finding: Partial<Finding> = {}): ToldAnomaly {
  return {
    ...{ id: 'a', revision: 0, state: 'open', incidentId: 'i' },
    series: { device: 'pump-7', metric: 'pressure', tags: {} },
    ...{ began: BEGAN, peakTime: BEGAN, peakValue: 9.8, ended: null, durationSeconds: 0 },
    ...{ flaggedReadings: 1, expectedMin: 4.1234, expectedMax: 5.2678, score: 0.91, ratio: 10.1 },
    ...{ deviation: 31.2, statistics: [], related: [], severity: 'critical', detector: 'test' },
    finding: {
      ...{ kind: 'value', observed: 9.8, reason: 'a jump 31 times larger than usual' },
      ...finding,
    },
    ...change,
  };
}

describe('a sentence', () => {
  test('is what a technician would say', () => {
    const closed = anomaly({ revision: 3, state: 'closed', ended: BEGAN, durationSeconds: 48 });
    expect(anomalySentence(closed, { unit: 'bar' })).toBe(
      'pump-7 pressure 9.8 bar; expected 4.1–5.3; a jump 31 times larger than usual; began 14:02:10 UTC, lasted 48 s.',
    );
  });

  test('has the name for people, and a unit as it is customary', () => {
    expect(anomalySentence(anomaly(), { displayName: 'Suction pressure', unit: '%' })).toContain(
      'pump-7 Suction pressure 9.8%; expected 4.1–5.3; ',
    );
  });

  test.each([
    [{}, '; began 14:02:10 UTC.'],
    [{ revision: 1 }, '; began 14:02:10 UTC, going on.'],
    [{ revision: 1, state: 'closed' as const }, '; began 14:02:10 UTC, a single reading.'],
    [
      { revision: 2, state: 'withdrawn' as const, durationSeconds: 48 },
      '; began 14:02:10 UTC; withdrawn, as readings that came late have changed the verdict.',
    ],
  ])('tells its course: %j', (change, end) => {
    expect(anomalySentence(anomaly(change))).toBe(
      `pump-7 pressure 9.8; expected 4.1–5.3; a jump 31 times larger than usual${end}`,
    );
  });

  test('of a level tells the mean that has moved', () => {
    expect(anomalySentence(anomaly({}, { kind: 'level', observed: 7.46 }), { unit: 'bar' })).toContain(
      'pressure 9.8 bar; the mean of the last readings is 7.5 bar, expected 4.1–5.3; ',
    );
  });

  test('of a stuck series tells its usual range', () => {
    expect(anomalySentence(anomaly({ peakValue: 4.7 }, { kind: 'stuck' }))).toContain(
      'pressure 4.7; usual 4.1–5.3; ',
    );
  });

  test('of an anomaly of before stays as it was told', () => {
    const before = { ...anomaly(), finding: undefined, explanation: 'odd' };
    expect(anomalySentence(before, { unit: 'bar' })).toBe('odd');
  });

  test.each([
    [{ peakValue: 5.31, expectedMin: 4.12, expectedMax: 5.29 }, '5.31; expected 4.12–5.29'],
    [
      { peakValue: 1_234_600, expectedMin: 1_234_000, expectedMax: 1_234_200 },
      '1234600; expected 1234000–1234200',
    ],
    [{ peakValue: 0.00023, expectedMin: 0.0001, expectedMax: 0.00013 }, '0.00023; expected 0.0001–0.00013'],
    [{ peakValue: 7, expectedMin: 5, expectedMax: 5 }, '7; expected 5–5'],
    [{ peakValue: 7.25, expectedMin: null, expectedMax: 5.5 }, '7.25; expected at most 5.5'],
    [{ peakValue: 3, expectedMin: 5, expectedMax: null }, '3; expected at least 5'],
    [{ expectedMin: null, expectedMax: null }, '9.8; expected any value'],
    [{ peakValue: 1e300, expectedMin: -1e300, expectedMax: 5e299 }, '1e+300; expected -1e+300–5e+299'],
  ])('has digits enough to see what is wrong: %j', (change, text) => {
    expect(anomalySentence(anomaly(change))).toContain(`pressure ${text}; `);
  });
});

describe('a sentence of a limit', () => {
  const told = (change: Partial<Anomaly>, finding: Partial<Finding>, unit?: string): string =>
    anomalySentence(
      anomaly({ revision: 1, durationSeconds: 130, ...change }, finding),
      unit === undefined ? {} : { unit },
    ).replace('pump-7 pressure ', '');

  test('says the limit, and for how long it has been passed', () => {
    const above = { kind: 'above', reason: 'above the limit' } as const;
    const numbers = { peakValue: 96.2, expectedMin: null, expectedMax: 90 };
    expect(told(numbers, above, '°C')).toBe(
      '96.2 °C; limit 90; above the limit for 2 min 10 s; began 14:02:10 UTC, going on.',
    );
    expect(told({ ...numbers, state: 'closed' }, above)).toBe(
      '96.2; limit 90; above the limit; began 14:02:10 UTC, lasted 2 min 10 s.',
    );
    expect(told({ ...numbers, revision: 0, durationSeconds: 0 }, above)).toBe(
      '96.2; limit 90; above the limit; began 14:02:10 UTC.',
    );
  });

  test('shows it as it was set, and the value beyond it', () => {
    const below = { kind: 'below', reason: 'below the limit' } as const;
    const text = (peakValue: number, expectedMin: number): string =>
      told({ peakValue, expectedMin, expectedMax: null }, below).split('; below')[0]!;
    expect(text(1_009.98, 1_013.25)).toBe('1009.98; limit 1013.25');
    expect(text(3.9999996, 4)).toBe('3.9999996; limit 4');
    expect(text(-0.30000001192, -0.25)).toBe('-0.3; limit -0.25');
    expect(text(-1, 0)).toBe('-1; limit 0');
    expect(text(1e-9, 2e-9)).toBe('1e-9; limit 2e-9');
    expect(text(-3e20, 1e20)).toBe('-300000000000000000000; limit 100000000000000000000');
  });

  test('of a rate, and of a value that does not change', () => {
    const rate = { kind: 'rate', observed: -3.2, reason: 'faster than the limit' } as const;
    expect(told({ ratio: 6.4, durationSeconds: 0 }, rate, 'bar')).toBe(
      '9.8 bar; fell by 3.2 bar a second, limit 0.5; faster than the limit; began 14:02:10 UTC, going on.',
    );
    const stuck = { kind: 'no-change', observed: 730, reason: 'no change' } as const;
    expect(told({ ratio: 730 / 600, durationSeconds: 730 }, stuck)).toBe(
      '9.8; expected a change within 10 min; no change for 12 min 10 s; began 14:02:10 UTC, going on.',
    );
  });
});

test.each([
  [0.25, '0.25 s'],
  [48, '48 s'],
  [60, '1 min'],
  [200, '3 min 20 s'],
  [7_500, '2 h 5 min'],
  [90_061, '1 d 1 h'],
])('%d s is %s', (seconds, words) => {
  expect(lengthInWords(seconds)).toBe(words);
});
