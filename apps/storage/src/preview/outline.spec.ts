import { expect, test } from '@jest/globals';
import { seriesKey } from '@tidewatch/readings';
import { Outline } from './outline';

const FLOW = seriesKey('pump-1', 'flow');
const SPEED = seriesKey('pump-1', 'speed');
const RANGE = { fromUs: 1_000_000_000, toUs: 1_100_000_000 };
const outlineOf = (points: number) =>
  new Outline(RANGE, points, [
    { id: 7, key: FLOW },
    { id: 8, key: SPEED },
  ]);
const at = (second: number): number => RANGE.fromUs + second * 1_000_000;

test('each piece has its least, mean and greatest value; where nothing was read there is none', () => {
  const outline = outlineOf(10);
  for (const [second, value] of [[-1, 99], [0, 1], [9.9, 4], [5, 1], [20, -3], [99.999999, 8]] as const) outline.take(FLOW, at(second), value); // prettier-ignore
  outline.take(seriesKey('pump-1', 'other'), at(3), 5);
  expect([...outline.lines()]).toEqual([
    {
      ...{ type: 'points', seriesId: 7, seconds: 10, timeMs: [1_000_000, 1_020_000, 1_090_000] },
      ...{ min: [1, -3, 8], mean: [2, -3, 8], max: [4, -3, 8] },
    },
    { type: 'points', seriesId: 8, seconds: 10, timeMs: [], min: [], mean: [], max: [] },
  ]);
});

test('a mean is between the least and the greatest, also where the sum is beyond all numbers', () => {
  const outline = outlineOf(1);
  outline.take(FLOW, at(1), Number.MAX_VALUE);
  outline.take(FLOW, at(2), Number.MAX_VALUE);
  expect([...outline.lines()][0]).toMatchObject({ mean: [Number.MAX_VALUE] });
});

test('pieces that the range cannot be cut into evenly take all of its readings', () => {
  const outline = outlineOf(7);
  for (let second = 0; second < 100; second++) outline.take(FLOW, at(second), second);
  outline.take(FLOW, RANGE.toUs - 1, 100);
  const [line] = outline.lines();
  expect(line).toMatchObject({ min: [0, 15, 29, 43, 58, 72, 86], max: [14, 28, 42, 57, 71, 85, 100] });
});

test('nothing is told where no points are wanted', () => {
  const outline = outlineOf(0);
  outline.take(FLOW, at(1), 1);
  expect([...outline.lines()]).toEqual([]);
});
