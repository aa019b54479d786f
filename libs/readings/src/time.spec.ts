import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LIMITS } from '@tidewatch/contracts';
import { formatTimeUs, parseTime } from './time';

const timeUs = fc.integer({ min: LIMITS.minTimeUs, max: LIMITS.maxTimeUs });

describe('parseTime of text', () => {
  test.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2023-11-14T22:13:20Z', 1_700_000_000_000_000],
    ['2023-11-14T22:13:20.5Z', 1_700_000_000_500_000],
    ['2023-11-14T22:13:20.000001Z', 1_700_000_000_000_001],
    ['2023-11-14T22:13:20.123456Z', 1_700_000_000_123_456],
    ['2023-11-14t22:13:20.123456z', 1_700_000_000_123_456],
    ['2023-11-14 22:13:20.123456Z', 1_700_000_000_123_456],
    ['2023-11-14T22:13:20.123456999Z', 1_700_000_000_123_456],
    ['2023-11-15T00:13:20+02:00', 1_700_000_000_000_000],
    ['2023-11-14T16:43:20-05:30', 1_700_000_000_000_000],
    ['2023-11-14T22:13:20-00:00', 1_700_000_000_000_000],
    ['2024-02-29T00:00:00Z', 1_709_164_800_000_000],
    ['2000-02-29T00:00:00Z', 951_782_400_000_000],
    ['1969-12-31T23:59:59.999999Z', -1],
    ['0000-01-01T00:00:00Z', -62_167_219_200_000_000],
    ['2199-12-31T23:59:59.999999Z', LIMITS.maxTimeUs],
  ])('%s', (text, expected) => {
    expect(parseTime(text)).toBe(expected);
  });

  test.each([
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00Z'],
    ['2016-12-31T23:59:60.25Z', '2017-01-01T00:00:00.25Z'],
    ['2015-07-01T01:59:60+02:00', '2015-07-01T00:00:00Z'],
  ])('the leap second %s is %s', (leap, following) => {
    expect(parseTime(leap)).toBe(parseTime(following));
  });

  test.each([
    '',
    'now',
    '2023-11-14',
    '2023-11-14T22:13:20',
    '2023-11-14T22:13Z',
    '2023-11-14T22:13:20.Z',
    '2023-11-14T22:13:20,5Z',
    '2023-11-14T22:13:20+0200',
    '2023-11-14T22:13:20+02',
    '2023-11-14T22:13:20+24:00',
    '2023-11-14T22:13:20+02:60',
    '2023-11-14T22:13:20ZZ',
    '2023-11-14T22:13:20Z ',
    ' 2023-11-14T22:13:20Z',
    '2023-11-14T24:00:00Z',
    '2023-11-14T22:60:20Z',
    '2023-11-14T22:13:61Z',
    '2023-11-14T22:13:60Z',
    '2016-12-30T23:59:60Z',
    '2023-00-14T22:13:20Z',
    '2023-13-14T22:13:20Z',
    '2023-11-00T22:13:20Z',
    '2023-11-31T22:13:20Z',
    '2023-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '+02023-11-14T22:13:20Z',
    '2023-1x-14T22:13:20Z',
    '2023-11-14T22:13:20.12x4Z',
    '２０２３-11-14T22:13:20Z',
  ])('%j is none', (text) => {
    expect(parseTime(text)).toBeNaN();
  });

  test('any text gives a whole number or NaN', () => {
    const nearly = fc.stringMatching(/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), nearly), (text) => {
        const parsed = parseTime(text);
        expect(Number.isNaN(parsed) || Number.isInteger(parsed)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('agrees with Date on every instant it can express', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
        expect(parseTime(date.toISOString())).toBe(date.getTime() * 1000);
      }),
    );
  });
});

describe('parseTime of a number', () => {
  test.each([
    [0, 0],
    [1_700_000_000_123, 1_700_000_000_123_000],
    [1_700_000_000_123.456, 1_700_000_000_123_456],
    [0.0004, 0],
    [0.0005, 1],
    [-0.001, -1],
  ])('%d ms', (ms, expected) => {
    expect(parseTime(ms)).toBe(expected);
  });

  test.each([NaN, Infinity, -Infinity])('%d is none', (ms) => {
    expect(parseTime(ms)).toBeNaN();
  });

  test('three decimals are exact over the whole range', () => {
    fc.assert(
      fc.property(timeUs, (us) => {
        const text = `${Math.floor(us / 1000)}.${String(us % 1000).padStart(3, '0')}`;
        expect(parseTime(Number(text))).toBe(us);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('formatTimeUs', () => {
  test.each([
    [0, '1970-01-01T00:00:00.000000Z'],
    [1_700_000_000_123_456, '2023-11-14T22:13:20.123456Z'],
    [-1, '1969-12-31T23:59:59.999999Z'],
    [LIMITS.maxTimeUs, '2199-12-31T23:59:59.999999Z'],
  ])('%d', (us, expected) => {
    expect(formatTimeUs(us)).toBe(expected);
  });

  test('is what parseTime reads', () => {
    fc.assert(fc.property(timeUs, (us) => expect(parseTime(formatTimeUs(us))).toBe(us)));
  });

  test('refuses what has no four-digit year', () => {
    expect(() => formatTimeUs(NaN)).toThrow(RangeError);
    expect(() => formatTimeUs(253_402_300_800_000_000)).toThrow(RangeError);
  });
});
