import { expect, test } from '@jest/globals';
import { parseTimestampUs } from './timestamps';

const NOON_US = Date.UTC(2014, 3, 1, 12) * 1000;

test.each([
  ['2014-04-01 12:00:00', NOON_US],
  ['2014-04-01 12:00', NOON_US],
  ['2014-04-01T12:00:00Z', NOON_US],
  ['2014-04-01T14:00:00+02:00', NOON_US],
  ['2014-04-01T10:30:00-0130', NOON_US],
  ['2014-04-01 12:00:00.000250', NOON_US + 250],
  ['2014-04-01', NOON_US - 12 * 3_600_000_000],
  ['1396353600', NOON_US],
  ['1396353600.5', NOON_US + 500_000],
])('%s', (text, expected) => {
  expect(parseTimestampUs(text)).toBe(expected);
});

test.each(['', 'yesterday', '2014-13-01 00:00:00', '2014-04-01 25:00:00', '-5'])('refuses "%s"', (text) => {
  expect(parseTimestampUs(text)).toBeUndefined();
});
