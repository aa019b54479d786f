import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { FAULT_KINDS, faultAt } from './faults';
import { normal, uniform } from './hash';
import { readingAt, sensorsOf, trendAt } from './plant';

const sensors = sensorsOf(9);
const DAY_MS = 86_400_000;
const START_MS = 1_760_000_000_000;

describe('random numbers', () => {
  test('uniform and normal have their mean and spread', () => {
    const count = 20_000;
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
    const numbers = Array.from({ length: count }, (_, i) => i);
    expect(mean(numbers.map((i) => uniform(1, i)))).toBeCloseTo(0.5, 1);
    const normals = numbers.map((i) => normal(1, START_MS + i * 1000));
    expect(mean(normals)).toBeCloseTo(0, 1);
    expect(mean(normals.map((x) => x * x))).toBeCloseTo(1, 1);
  });

  test('words beyond 32 bits count in full', () => {
    expect(uniform(START_MS)).not.toBe(uniform(START_MS % 2 ** 32));
  });
});

describe('the plant', () => {
  test('machines, metrics and tags', () => {
    expect(sensorsOf(4).map(({ device, metric, tags }) => `${device} ${metric} ${tags['line']}`)).toEqual([
      'pump-1 temperature line-1',
      'pump-1 vibration line-1',
      'pump-1 pressure line-1',
      'oven-1 temperature line-2',
      'oven-1 power line-2',
      'hall-1 temperature line-3',
      'hall-1 humidity line-3',
      'hall-1 co2 line-3',
      'pump-2 temperature line-1',
      'pump-2 vibration line-1',
      'pump-2 pressure line-1',
    ]);
  });

  test('known values: they may not change from version to version or machine to machine', () => {
    expect(sensorsOf(1).map((sensor) => readingAt(7, sensor, START_MS).value)).toEqual([61.2, 2.66, 6.47]);
  });

  test('a reading depends on seed, sensor and time only, and is a multiple of the resolution', () => {
    const anywhere = fc.record({
      seed: fc.nat(),
      sensor: fc.constantFrom(...sensors),
      timeMs: fc.integer({ min: START_MS, max: START_MS + 400 * DAY_MS }),
    });
    fc.assert(
      fc.property(anywhere, ({ seed, sensor, timeMs }) => {
        const reading = readingAt(seed, sensor, timeMs);
        expect(readingAt(seed, sensor, timeMs)).toEqual(reading);
        const steps = reading.value / sensor.profile.step;
        expect(Math.abs(steps - Math.round(steps))).toBeLessThan(1e-6);
      }),
    );
  });

  test('day and night differ as the profile says', () => {
    const hall = sensors.find(({ metric }) => metric === 'co2')!;
    const trend = Array.from({ length: 96 }, (_, i) => trendAt(1, hall, START_MS + (i * DAY_MS) / 96));
    expect((Math.max(...trend) - Math.min(...trend)) / 2).toBeCloseTo(180, 0);
  });
});

describe('faults', () => {
  const times = Array.from({ length: 60_000 }, (_, i) => START_MS + i * 10_000);
  const found = times.map((timeMs) => ({ timeMs, fault: faultAt(3, 2, timeMs) }));
  const faulty = found.flatMap(({ timeMs, fault }) => (fault === null ? [] : [{ timeMs, fault }]));

  test('are rare, of every kind, and cover the time they are asked for', () => {
    expect(faulty.length / times.length).toBeGreaterThan(0.005);
    expect(faulty.length / times.length).toBeLessThan(0.03);
    expect(new Set(faulty.map(({ fault }) => fault.kind))).toEqual(new Set(FAULT_KINDS));
    for (const { timeMs, fault } of faulty) {
      expect(timeMs).toBeGreaterThanOrEqual(fault.startMs);
      expect(timeMs).toBeLessThan(fault.endMs);
    }
  });

  test('show in the value, and the reading is labelled', () => {
    const sensor = sensors[2]!;
    for (const { timeMs, fault } of faulty) {
      const reading = readingAt(3, sensor, timeMs);
      expect(reading.fault).toEqual(fault);
      const deviation = Math.abs(reading.value - trendAt(3, sensor, timeMs)) / sensor.profile.noise;
      if (fault.kind === 'spike') expect(deviation).toBeGreaterThan(15);
      if (fault.kind === 'shift') expect(deviation).toBeGreaterThan(4);
      if (fault.kind === 'stuck') expect(readingAt(3, sensor, fault.startMs).value).toBe(reading.value);
    }
  });
});
