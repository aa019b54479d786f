import { describe, expect, test } from '@jest/globals';
import { fromQuery, toQuery } from './address';
import { formatAge, formatMean, formatQuantity, formatTime, formatValue, isStale } from './format';
import { metricLabel, seriesId } from './series';

const series = { device: 'd/1', metric: 'temp', tags: { site: 'north & south', line: '"1"' } };

describe('a series', () => {
  test('has one id, whatever the order of its tags', () => {
    const other = { ...series, tags: { line: '"1"', site: 'north & south' } };
    expect(seriesId(series)).toBe(seriesId(other));
    expect(seriesId(series)).not.toBe(seriesId({ ...series, tags: {} }));
  });

  test('is named by its metric and tags', () => {
    expect(metricLabel({ ...series, tags: {} })).toBe('temp');
    expect(metricLabel({ ...series, tags: { b: '2', a: '1' } })).toBe('temp (a=1, b=2)');
    expect(metricLabel({ ...series, tags: { a: '1' } }, { displayName: 'Outlet' })).toBe('Outlet (a=1)');
    expect(metricLabel({ ...series, tags: {} }, {})).toBe('temp');
  });

  test('goes into the address and comes back', () => {
    expect(fromQuery(toQuery({ series }))).toEqual({ series });
    expect(toQuery({})).toBe('');
    expect(fromQuery('').series).toBeUndefined();
    expect(fromQuery('?device=a&metric=b&tag=rubbish')).toEqual({});
  });
});

test('a group goes into the address and comes back', () => {
  const group = { tag: 'site', value: 'north & "south"', metric: 'temp' };
  expect(fromQuery(toQuery({ group }))).toEqual({ group });
  expect(fromQuery('?group=rubbish&metric=b')).toEqual({});
  expect(fromQuery('?group=["site",""]&metric=b').group).toBeUndefined();
  expect(fromQuery('?group=["site","north"]').group).toBeUndefined();
});

describe('values and times', () => {
  test.each([
    [25.5, '25.5'],
    [0, '0'],
    [1234567.891, '1,234,568'],
    [-4_294_967_295, '-4,294,967,295'],
    [999_999.7, '1,000,000'],
    [1e12, '1.000e+12'],
    [0.00001234, '0.00001234'],
    [1e-9, '1.000e-9'],
  ])('%p reads %p', (value, text) => expect(formatValue(value)).toBe(text));

  test.each([
    [25.456, undefined, '25.456', '25.46'],
    [25.456, {}, '25.456', '25.46'],
    [25.456, { unit: 'bar' }, '25.456\u00a0bar', '25.46\u00a0bar'],
    [25.456, { unit: '%', decimals: 1 }, '25.5%', '25.5%'],
    [1234.5, { unit: '°C', decimals: 2 }, '1,234.50\u00a0°C', '1,234.50\u00a0°C'],
    [25.456, { decimals: 0 }, '25', '25'],
    [0, { decimals: 2 }, '0.00', '0.00'],
    [0.001, { decimals: 2 }, '0.001', '0.001'],
    [-0.004, { decimals: 2 }, '-0.004', '-0.004'],
    [3e15, { decimals: 2, unit: 'J' }, '3.000e+15\u00a0J', '3.000e+15\u00a0J'],
  ])('%p of %p reads %p, and %p as a mean', (value, measure, text, mean) => {
    expect(formatQuantity(value, measure)).toBe(text);
    expect(formatMean(value, measure)).toBe(mean);
  });

  test.each([
    [0, 'now'],
    [999, 'now'],
    [12_345, '12 s ago'],
    [65_000, '1 min ago'],
    [7_200_000, '2 h ago'],
    [3 * 86_400_000, '3 d ago'],
    [-2_000, 'now'],
    [-300_000, 'in 5 min'],
  ])('an age of %p ms reads %p', (age, text) => expect(formatAge(1e12, 1e12 + age)).toBe(text));

  test('the date is shown unless it is today', () => {
    const noon = new Date(2026, 0, 15, 12, 0, 5).getTime();
    expect(formatTime(noon, noon + 1_000)).toMatch(/^12.00.05$/);
    expect(formatTime(noon, noon + 86_400_000)).toContain('2026');
  });

  test('a device is stale after five minutes of silence', () => {
    expect([isStale(0, 300_000), isStale(0, 300_001)]).toEqual([false, true]);
  });
});
