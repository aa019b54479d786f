import { describe, expect, test } from '@jest/globals';
import type { GroupWindow } from '@tidewatch/contracts';
import { RANGES } from '../chart/ranges';
import { groupsByTag } from './group';
import { sizeOf, summaryOf, type RecentWindows, windowsSince, withFrame } from './recent-windows';

const GROUP = { tag: 'site', value: 'north', metric: 'flow' };
const window = (startMs: number, change: Partial<GroupWindow> = {}): GroupWindow => ({
  ...{ group: GROUP, revision: 0, final: false, sizeMs: 10_000, stepMs: 10_000, startMs },
  ...{ count: 2, min: 1, max: 3, sum: 4, sumOfSquares: 10, mean: 2, stddev: 1 },
  ...{ p50: 1, p90: 1, p99: 1, first: 1, last: 3 },
  ...change,
});
const starts = (known: RecentWindows, sizeMs: number, fromMs = 0) =>
  windowsSince(known, sizeMs, fromMs).map(({ startMs, count }) => [startMs, count]);

describe('windows of a group', () => {
  test('are each shown once, as they were told of last', () => {
    let known = withFrame(new Map(), [window(0), window(10_000)], true);
    known = withFrame(known, [window(0, { count: 5, revision: 1 }), window(20_000)], false);
    expect(starts(known, 10_000)).toEqual([[0, 5], [10_000, 2], [20_000, 2]]); // prettier-ignore
    expect(starts(withFrame(known, [window(30_000)], true), 10_000)).toEqual([[30_000, 2]]);
  });

  test('of one size are shown, from the one that reaches into the range; those that slide are not', () => {
    const sliding = window(0, { sizeMs: 60_000, stepMs: 20_000, count: 9 });
    const minute = window(0, { sizeMs: 60_000, stepMs: 60_000, count: 7 });
    const known = withFrame(new Map(), [sliding, window(20_000), window(10_000), window(0), minute], true);
    expect(starts(known, 60_000)).toEqual([[0, 7]]);
    expect(starts(known, 10_000, 10_000)).toEqual([[10_000, 2], [20_000, 2]]); // prettier-ignore
    expect(starts(known, 10_000, 9_999)).toHaveLength(3);
  });

  test('are short ones up to ten minutes, and minutes beyond', () => {
    expect(RANGES.map(sizeOf)).toEqual([10_000, 10_000, 60_000]);
  });

  test('add up to the mean of all their readings', () => {
    const last = window(10_000, { count: 6, sum: 60, min: 0, max: 20 });
    expect(summaryOf([window(0), last])).toEqual({ count: 8, mean: 8, min: 0, max: 20, last });
    expect(summaryOf([])).toBeUndefined();
  });
});

test('groups are listed by tag, value and metric', () => {
  const group = (value: string, metric: string) => ({ tag: 'line', value, metric });
  const tagged = groupsByTag([group('10', 'flow'), group('9', 'speed'), group('9', 'flow'), GROUP]);
  expect(tagged.map(({ label, groups }) => [label, groups.map(({ metric }) => metric)])).toEqual([
    ['line=9', ['flow', 'speed']],
    ['line=10', ['flow']],
    ['site=north', ['flow']],
  ]);
});
