import { expect, test } from '@jest/globals';
import { RequestBudget } from './request-budget';

test('a budget allows a burst, then its rate', () => {
  let nowMs = 0;
  const budget = new RequestBudget(() => nowMs, 3, 2);
  expect([1, 2, 3, 4].map(() => budget.take())).toEqual([true, true, true, false]);
  nowMs = 500;
  expect([budget.take(), budget.take()]).toEqual([true, false]);
  nowMs = 60_000;
  expect([1, 2, 3, 4].map(() => budget.take())).toEqual([true, true, true, false]);
});
