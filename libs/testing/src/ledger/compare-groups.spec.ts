import { describe, expect, test } from '@jest/globals';
import type { GroupPartial, GroupWindow, SeriesRef } from '@tidewatch/contracts';
import { mergePartials } from '@tidewatch/stream-processing';
import { compareGroups, groupsOf, type GroupVerdicts, type ObservedGroups } from './compare-groups';
import type { Ledger } from './ledger-file';
import { acknowledgedReadings } from './truth';

const seriesOf = (device: string, metric: string, site?: string): SeriesRef => ({
  ...{ device, metric },
  tags: site === undefined ? { line: '1' } : { line: '1', site },
});
const SECOND = 1_000_000;
const LEDGER: Ledger = {
  series: [
    ...[seriesOf('a', 't', 'north'), seriesOf('b', 't', 'north'), seriesOf('c', 't', 'north')],
    ...[seriesOf('d', 't', 'south'), seriesOf('a', 'p', 'north'), seriesOf('e', 't')],
  ],
  requests: [
    {
      outcome: 'acknowledged',
      readings: [
        ...[[0, 1 * SECOND, 5], [0, 1 * SECOND, 50], [1, 1 * SECOND, 7], [2, 9 * SECOND, 4]] as const, // prettier-ignore
        ...[[0, 12 * SECOND, 6], [3, 3 * SECOND, 9], [4, 3 * SECOND, 8], [5, 3 * SECOND, 1]] as const, // prettier-ignore
        ...[0, 1, 2, 3, 4, 5].map((series) => [series, 1_000 * SECOND, 1] as const),
      ],
    },
    { outcome: 'refused', readings: [[0, 2 * SECOND, 99]] },
    // One of them is further than the others, which decides nothing.
    { outcome: 'acknowledged', readings: [[0, 1_060 * SECOND, 2]] },
  ],
};
const TRUTH = acknowledgedReadings(LEDGER);
const OPTIONS = { windows: [{ sizeMs: 10_000, stepMs: 10_000 }], latenessMs: 30_000 };
const NORTH = { tag: 'site', value: 'north', metric: 't' };

const view = new DataView(new ArrayBuffer(8));
/** Of a sketch, at level 0. */
function bucketOf(value: number): number {
  view.setFloat64(0, value);
  return view.getInt32(0) >> 14;
}

/** Readings are ascending by time, and all values of a part are different. */
function partOf(
  partition: number,
  readings: readonly (readonly [second: number, value: number])[],
  group = NORTH,
): GroupPartial {
  const values = readings.map(([, value]) => value).sort((a, b) => a - b);
  const startMs = Math.floor(readings[0]![0] / 10) * 10_000;
  return {
    id: `${group.value}/${group.metric}/${partition}/${startMs}`,
    ...{ revision: 0, final: false, group, partition, sizeMs: 10_000, stepMs: 10_000, startMs },
    ...{ count: values.length, min: values[0]!, max: values.at(-1)! },
    ...{ sums: values, sumsOfSquares: values.map((value) => value * value) },
    ...{ firstUs: readings[0]![0] * SECOND, first: readings[0]![1] },
    ...{ lastUs: readings.at(-1)![0] * SECOND, last: readings.at(-1)![1] },
    sketch: { level: 0, buckets: values.map(bucketOf), counts: values.map(() => 1) },
  };
}

const EARLY = partOf(3, [[1, 5]]);
const WHOLE = { ...partOf(3, [[1, 5], [1, 7]]), revision: 1 }; // prettier-ignore
const OTHER = partOf(7, [[9, 4]]);
const NEXT = partOf(3, [[12, 6]]);
const SOUTH = partOf(3, [[3, 9]], { ...NORTH, value: 'south' });
const PRESSURE = partOf(3, [[3, 8]], { ...NORTH, metric: 'p' });
/** That of one member has ended, and may be told; the others don't say more. */
const PROVISIONAL = partOf(3, [[1_000, 1]]);
const PARTS = [EARLY, WHOLE, OTHER, EARLY, NEXT, SOUTH, PRESSURE, PROVISIONAL];
const windowOf = (...parts: GroupPartial[]): GroupWindow => ({
  group: parts[0]!.group,
  ...mergePartials(parts),
});
const SHOWN = [windowOf(WHOLE, OTHER), ...[NEXT, SOUTH, PRESSURE, PROVISIONAL].map((part) => windowOf(part))];

const verdicts = (change: Partial<ObservedGroups>): GroupVerdicts =>
  compareGroups(
    { ledger: LEDGER, truth: TRUTH, tags: ['site'] },
    { groupParts: PARTS, groupWindows: SHOWN, ...change },
    OPTIONS,
  );
const RIGHT: GroupVerdicts = {
  ...{ groupWindowsExpected: 4, groupWindowsMerged: 1, groupWindowsRevised: 1, groupWindowsShown: 4 },
  ...{ groupWindowsMissing: 0, groupWindowsWrong: 0, groupWindowsUnexpected: 0, groupWindowsInconsistent: 0 },
  ...{ groupWindowsNotShown: 0, groupWindowsShownWrong: 0 },
};

describe('groups of the ledger', () => {
  test('are those of a tag, by metric', () => {
    expect(groupsOf(LEDGER, ['site'])).toEqual([
      NORTH,
      { ...NORTH, value: 'south' },
      { ...NORTH, metric: 'p' },
    ]);
    expect(groupsOf(LEDGER, [])).toEqual([]);
  });

  test('are right where each window is merged of its parts, repeats included', () => {
    expect(windowOf(WHOLE, OTHER)).toMatchObject({ count: 3, min: 4, max: 7, sum: 16, first: 5, last: 4 });
    expect(verdicts({})).toEqual(RIGHT);
  });

  const without = <T>(all: readonly T[], ...some: T[]) => all.filter((one) => !some.includes(one));
  const PLANTED: [string, Partial<ObservedGroups>, Partial<GroupVerdicts>][] = [
    ['nothing at all', { groupParts: [], groupWindows: [] }, { groupWindowsMissing: 4, groupWindowsShown: 0, groupWindowsMerged: 0, groupWindowsRevised: 0 }], // prettier-ignore
    [
      'a part that is lost',
      { groupParts: without(PARTS, OTHER), groupWindows: [windowOf(WHOLE), ...SHOWN.slice(1)] },
      { groupWindowsWrong: 1, groupWindowsMerged: 0, groupWindowsShownWrong: 1 },
    ],
    [
      'a revision that is lost',
      { groupParts: without(PARTS, WHOLE), groupWindows: [windowOf(EARLY, OTHER), ...SHOWN.slice(1)] },
      { groupWindowsWrong: 1, groupWindowsRevised: 0, groupWindowsShownWrong: 1 },
    ],
    ['a window that is lost', { groupParts: without(PARTS, SOUTH), groupWindows: without(SHOWN, SHOWN[2]!) }, { groupWindowsMissing: 1, groupWindowsShown: 3 }], // prettier-ignore
    [
      'a reading that counts twice',
      {
        groupParts: [...PARTS, { ...NEXT, revision: 1, count: 2, sums: [6, 6] }],
        groupWindows: without(SHOWN, SHOWN[1]!),
      },
      // Nor is it shown.
      { groupWindowsWrong: 1, groupWindowsRevised: 2, groupWindowsShown: 3, groupWindowsNotShown: 1 },
    ],
    [
      'a part under two ids',
      { groupParts: [...PARTS, { ...NEXT, id: 'x' }] },
      { groupWindowsInconsistent: 1, groupWindowsWrong: 1, groupWindowsNotShown: 1 },
    ],
    ['two contents of one revision', { groupParts: [...PARTS, { ...NEXT, last: 8 }] }, { groupWindowsInconsistent: 1 }], // prettier-ignore
    [
      'a window of another group',
      { groupParts: [...PARTS, { ...SOUTH, id: 'x', group: { ...NORTH, value: 'west' } }] },
      { groupWindowsUnexpected: 1, groupWindowsNotShown: 1 },
    ],
    ['a window that is not shown', { groupWindows: SHOWN.slice(1) }, { groupWindowsShown: 3, groupWindowsNotShown: 1 }], // prettier-ignore
    [
      'a window that is shown as it was before',
      { groupWindows: [windowOf(EARLY, OTHER), ...SHOWN.slice(1)] },
      { groupWindowsNotShown: 1, groupWindowsShownWrong: 1 },
    ],
    [
      'a window that is shown otherwise than it was published',
      { groupWindows: [{ ...SHOWN[0]!, sum: 17 }, ...SHOWN.slice(1)] },
      { groupWindowsShownWrong: 1 },
    ],
    [
      'a percentile that is too far off',
      { groupWindows: [{ ...SHOWN[0]!, p50: 5.06 }, ...SHOWN.slice(1)] },
      { groupWindowsShownWrong: 1 },
    ],
    ['a window that is shown twice', { groupWindows: [...SHOWN, SHOWN[0]!] }, { groupWindowsShownWrong: 1 }],
    [
      'a window that nobody published',
      { groupWindows: [...SHOWN, { ...SHOWN[0]!, startMs: 500_000 }] },
      { groupWindowsShownWrong: 1 },
    ],
  ];
  test.each(PLANTED)('counts %s', (_name, change, faults) => {
    expect(verdicts(change)).toEqual({ ...RIGHT, ...faults });
  });

  test('of many windows the API may leave out those that came first', () => {
    const parts = Array.from({ length: 70 }, (_, i) => partOf(3, [[20 + i * 10, i]]));
    const shown = parts.slice(10).map((part) => windowOf(part));
    const { groupWindowsNotShown } = verdicts({ groupParts: parts, groupWindows: shown });
    expect(groupWindowsNotShown).toBe(0);
    expect(verdicts({ groupParts: parts, groupWindows: shown.slice(1) }).groupWindowsNotShown).toBe(1);
  });
});
