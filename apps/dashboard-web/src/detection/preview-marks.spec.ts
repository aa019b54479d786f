import { expect, test } from '@jest/globals';
import type { Anomaly, PreviewEpisode } from '@tidewatch/contracts';
import { columnsOf, marksOf } from './preview-marks';

const second = (at: number): string => new Date(at * 1_000).toISOString();
const line = (began: number, ended: number | null, raisedBy: PreviewEpisode['raisedBy']): PreviewEpisode => ({
  type: 'episode',
  raisedBy,
  episode: {
    ...{ peakTime: second(began + 1), peakValue: began, began: second(began) },
    ended: ended === null ? null : second(ended),
  } as Anomaly,
});

test('an episode is marked at its peak, for as long as it lasted within the range; those that would be gone come first', () => {
  const episodes = [
    line(5, 15, ['tried', 'stored']),
    line(20, 30, ['inForce']),
    line(40, null, ['tried']),
    line(50, 52, ['stored']),
  ];
  const marks = marksOf(episodes, { fromMs: 10_000, toMs: 90_000 });
  expect(marks.map(({ timeMs, fromMs, toMs, isGone }) => [timeMs, fromMs, toMs, isGone])).toEqual([
    [21_000, 20_000, 30_000, true],
    [51_000, 50_000, 52_000, true],
    [6_000, 10_000, 15_000, false],
    [41_000, 40_000, 90_000, false],
  ]);
});

test('pieces of the range stand at their middle', () => {
  expect(columnsOf(undefined)).toEqual([[], [], [], []]);
  expect(
    columnsOf({ type: 'points', seriesId: 1, seconds: 10, timeMs: [0, 10_000], min: [1, 2], mean: [3, 4], max: [5, 6] }), // prettier-ignore
  ).toEqual([
    [5_000, 15_000],
    [3, 4],
    [1, 2],
    [5, 6],
  ]);
});
