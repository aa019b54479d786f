import { expect, test } from '@jest/globals';
import { ReadingBatchBuilder, seriesKey } from '@tidewatch/readings';
import { CLOSING, feed, type GroupOutput, run, SETTINGS, START, streamOf } from '../spec/group-harness';
import { type Reading, type Record } from '../spec/harness';
import { MOST_GROUP_WINDOWS } from './group-windows';

const one = (series: number, second: number): Reading => ({
  series,
  time: START + second * 1000,
  value: second,
});
const at = (second: number, ...readings: Reading[]): Record => ({
  appendedAtMs: START + second * 1000,
  readings,
});
const shortOf = (outputs: readonly GroupOutput[], site: string) =>
  outputs
    .filter(({ value, metric, sizeMs }) => value === site && metric === 'flow' && sizeMs === 10_000)
    .map(({ startMs, count, revision, final }) => [(startMs - START) / 1000, count, revision, final]);

test('a window comes when half of its series have passed it, and is final when all have by the lateness', () => {
  const { stream, output } = streamOf();
  feed(stream, at(0, one(0, 1), one(1, 1), one(2, 1)));
  feed(stream, at(13, one(0, 13)));
  expect(shortOf(output, 'north')).toEqual([]);
  feed(stream, at(13, one(1, 13)));
  feed(stream, at(13, one(2, 13)));
  expect(shortOf(output.splice(0), 'north')).toEqual([[0, 3, 0, false]]);
  feed(stream, at(60, one(0, 60), one(1, 60), one(2, 5), one(2, 25)));
  expect(shortOf(output.splice(0), 'north')).toEqual([
    [0, 4, 1, false],
    [10, 3, 0, false],
    [20, 1, 0, false],
  ]);
  feed(stream, at(80, one(0, 80), one(1, 80), one(2, 24), one(2, 80)));
  expect(shortOf(output.splice(0), 'north')).toEqual([
    [20, 2, 1, true],
    [60, 2, 0, false],
  ]);
  expect(stream.counts.ungrouped).toBe(0);
});

test('a clock that is ahead does not rush the others, one that stands still does not stall them', () => {
  const { stream, output } = streamOf();
  feed(stream, at(0, one(0, 1), one(1, 1), one(2, 1)));
  for (let second = 2; second <= 40; second += 2) {
    // The third one is 18 s ahead for a while, and then says nothing more.
    const ahead = second < 20 ? [one(2, second + 18)] : [];
    feed(stream, at(second, one(0, second), one(1, second), ...ahead));
  }
  expect(shortOf(output, 'north')).toEqual([
    [0, 11, 0, false],
    [10, 10, 0, false],
    [20, 15, 0, false],
  ]);
  expect(stream.counts.ungrouped).toBe(0);
});

test('silent series hold nothing back, and are late for the group when they come again with what is old', () => {
  const { stream, output } = streamOf();
  feed(stream, at(0, one(0, 1), one(1, 1)));
  for (let second = 10; second <= 220; second += 10) feed(stream, at(second, one(0, second)));
  expect(shortOf(output, 'north').slice(0, 2)).toEqual([
    [0, 2, 0, false],
    [10, 1, 0, false],
  ]);
  feed(stream, at(221, one(1, 100), one(1, 215)));
  expect(stream.counts).toMatchObject({ processed: 26, late: 0, ungrouped: 1 });
});

test('all is final when all members are silent, also where one that was forgotten had been ahead of them', () => {
  const { stream, output } = streamOf();
  const behind = (second: number): Reading => one(1, second - 300);
  feed(stream, at(0, one(0, 1), behind(0)));
  // The first one is forgotten on the way, the one that is behind is silent at the end.
  for (let second = 10; second <= 250; second += 10) feed(stream, at(second, behind(second)));
  feed(stream, at(400));
  expect(shortOf(output, 'north')).toContainEqual([0, 1, 0, true]);
  output.length = 0;
  feed(stream, at(401, one(1, 2), one(1, 12), one(1, 25)));
  expect(shortOf(output, 'north')).toEqual([[10, 1, 0, false]]);
  expect(stream.counts).toMatchObject({ processed: 30, late: 0, ungrouped: 1 });
});

test('one that catches up alone does not make a large group be looked at for each of its windows', () => {
  const { stream, output } = streamOf({ ...SETTINGS, slidingWindows: [] });
  const members = Array.from({ length: 40 }, (_, i) => seriesKey(`pump-${i}`, 'flow', [['line', '1']]));
  const feedAll = (second: number): void => {
    const builder = new ReadingBatchBuilder();
    for (const key of members.slice(1)) builder.append(key, (START + second * 1000) * 1000, 1);
    stream.process(builder.build(), START + second * 1000);
  };
  feedAll(1);
  feedAll(200);
  output.length = 0;
  // Every step frees the last place, where one member is alone: only every fifth of them is an eighth of the members.
  const ends: number[] = [];
  for (let second = 5; second <= 195; second += 10) {
    const builder = new ReadingBatchBuilder();
    builder.append(members[0]!, (START + second * 1000) * 1000, 1);
    stream.process(builder.build(), START + 200_000);
    ends.push(output.length);
  }
  expect(new Set(ends).size).toBeLessThanOrEqual(5);
  expect(output.length).toBeGreaterThan(0);
});

test('groups beyond the bound are counted, not computed', () => {
  const { output, counts } = run([at(0, one(0, 1), one(3, 1), one(4, 1)), CLOSING], {
    ...SETTINGS,
    maxGroups: 2,
  });
  // North and line 1 have the room, the two of south have none.
  expect(new Set(output.map(({ tag, value }) => `${tag}=${value}`))).toEqual(
    new Set(['site=north', 'line=1']),
  );
  expect(counts).toMatchObject({ processed: 3, ungrouped: 2 });
});

test('a group whose series disagree about the time by days keeps a bounded number of windows', () => {
  const { stream } = streamOf({
    ...SETTINGS,
    slidingWindows: [],
    maxAheadMs: 10_000_000,
    evictAfterMs: 20_000_000,
  });
  feed(stream, at(0, one(1, 1)));
  for (let second = 10; second <= 9_990; second += 10) feed(stream, at(0, one(0, second)));
  const states = [...stream.takeChanges()].map(({ state }) => state!.length);
  // The state of the group is the last but one; a window of one reading takes about 70 bytes.
  expect(states.at(-2)).toBeLessThan(MOST_GROUP_WINDOWS * 80);
  expect(states.at(-2)).toBeGreaterThan(MOST_GROUP_WINDOWS * 20);
  feed(stream, at(0, one(1, 2)));
  expect(stream.counts).toMatchObject({ late: 0, ungrouped: 1 });
});

test('groups that are no longer wanted leave the state', () => {
  const { stream } = streamOf();
  feed(stream, at(0, one(0, 1)));
  const states = Array.from(stream.takeChanges(), ({ state }) => state!.slice());
  expect(states).toHaveLength(3);
  for (const [groupTags, removed] of [
    [['site'], 1],
    [[], 2],
  ] as const) {
    const next = streamOf({ ...SETTINGS, groupTags });
    for (const state of states) expect(next.stream.restore(state)).toBe(true);
    expect([...next.stream.takeChanges()].map(({ state }) => state)).toEqual(Array(removed).fill(undefined));
  }
});
