import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { BASE_KINDS } from './base';
import { appliesTo, isHarmless, SERIES_FAULTS } from './fault-effects';
import { labelledSeries, type SeriesPlan } from './labelled-series';

const anyPlan: fc.Arbitrary<SeriesPlan> = fc
  .record({
    seed: fc.nat(),
    base: fc.constantFrom(...BASE_KINDS),
    fault: fc.constantFrom(...SERIES_FAULTS),
    rows: fc.integer({ min: 100, max: 600 }),
    intervalMs: fc.constantFrom(1_000, 60_000, 300_000, 86_400_000),
  })
  .filter(({ fault, base }) => appliesTo(fault, base));

describe('a labelled series', () => {
  test('is the same for the same plan, its times rise and its values are numbers', () => {
    fc.assert(
      fc.property(anyPlan, (plan) => {
        const series = labelledSeries(plan);
        expect(labelledSeries(plan)).toEqual(series);
        expect(series.timesMs.every((time, i) => i === 0 || time > series.timesMs[i - 1]!)).toBe(true);
        expect(series.values.every(Number.isFinite)).toBe(true);
        expect(series.values).toHaveLength(series.timesMs.length);
      }),
    );
  });

  test('differs from the one without the fault where the fault is, and nowhere else', () => {
    fc.assert(
      fc.property(anyPlan, (plan) => {
        const { fault, values, timesMs, label } = labelledSeries(plan);
        const clean = labelledSeries({ ...plan, fault: null });
        expect([clean.fault, clean.label]).toEqual([null, null]);
        const { first, last } = fault!;
        expect(values.slice(0, first)).toEqual(clean.values.slice(0, first));
        if (isHarmless(plan.fault!)) {
          expect(label).toBeNull();
          expect(new Set(clean.values)).toEqual(new Set([...values, ...clean.values]));
          expect(timesMs[first]).not.toBe(clean.timesMs[first]);
        } else {
          expect(values.slice(last + 1)).toEqual(clean.values.slice(last + 1));
          expect(label!.first).toBe(first);
          expect(label!.last).toBeLessThanOrEqual(last);
        }
      }),
    );
  });

  test('known values: they may not change from version to version or machine to machine', () => {
    const plan = { seed: 7, base: 'seasonal', fault: 'spike', rows: 20, faultFirstRow: 10 } as const;
    const { values, timesMs, label } = labelledSeries(plan);
    expect(label).toEqual({ first: 10, last: 11 });
    expect(timesMs[1]).toBe(Date.UTC(2026, 0, 1, 0, 5));
    expect(values.slice(9, 13)).toEqual([52.4424, 59.746888, 60.584222, 53.439224]);
  });

  test.each([
    ['dip', 'constant', 11.5],
    ['level-shift', 'constant', 33.5],
    ['unit-thousand', 'constant', 21_500],
    ['unit-fahrenheit', 'constant', 70.7],
  ] as const)('a %s of a series that is %s shows %d', (fault, base, value) => {
    const { values } = labelledSeries({ seed: 1, base, fault, rows: 100, faultFirstRow: 50 });
    expect([values[49], values[50]]).toEqual([21.5, value]);
  });

  test('what lasts is labelled for a day', () => {
    const { fault, label } = labelledSeries({
      seed: 1,
      base: 'ar1',
      fault: 'level-shift',
      faultRows: Infinity,
    });
    expect(fault!.last).toBe(4_031);
    expect(label!.last - label!.first).toBe(287);
  });
});
