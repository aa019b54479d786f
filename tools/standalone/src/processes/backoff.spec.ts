import { expect, test } from '@jest/globals';
import { Backoff } from './backoff';

test('doubles up to a bound', () => {
  const backoff = new Backoff();
  const delays = Array.from({ length: 9 }, () => backoff.next(100));
  expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
});

test('begins anew after a healthy life', () => {
  const backoff = new Backoff();
  backoff.next(0);
  backoff.next(0);
  expect(backoff.next(10_000)).toBe(250);
  expect(backoff.next(9_999)).toBe(500);
});
