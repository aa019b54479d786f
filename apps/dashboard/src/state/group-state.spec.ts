import { describe, expect, test } from '@jest/globals';
import type { GroupPartial } from '@tidewatch/contracts';
import { GroupSource } from '../frames/group-source';
import { GroupsSource } from '../frames/groups-source';
import { GroupState } from './group-state';

const MINUTE = { sizeMs: 60_000, stepMs: 60_000 };
const GROUP = { tag: 'site', value: 'north', metric: 'flow' };

/** Of readings of one value, a second apart. */
function partial(
  partition: number,
  startMs: number,
  value: number,
  { count = 1, revision = 0 } = {},
): GroupPartial {
  return {
    id: `${partition}:${startMs}`,
    ...{ revision, final: false, group: GROUP, partition, sizeMs: 10_000, stepMs: 10_000, startMs },
    ...{ count, min: value, max: value, sums: [value * count], sumsOfSquares: [value * value * count] },
    ...{
      firstUs: startMs * 1000 + partition,
      first: value,
      lastUs: startMs * 1000 + 5e6 - partition,
      last: value,
    },
    // The buckets of 1, 2 and 4: powers of two begin a bucket, 64 buckets apart.
    sketch: { level: 0, buckets: [65_472 + 64 * Math.log2(value)], counts: [count] },
  };
}

const framesOf = (state: GroupState) => {
  const source = new GroupSource(state, GROUP);
  const windowsOf = (body: ReturnType<GroupSource['take']>) => (body.view === 'group' ? body.windows : []);
  return { source, snapshot: () => windowsOf(source.snapshot()), take: () => windowsOf(source.take()) };
};

describe('windows of groups', () => {
  test('are merged from the highest revisions of all partitions', () => {
    const state = new GroupState();
    for (const one of [
      partial(1, 0, 4),
      partial(0, 0, 1, { count: 3, revision: 2 }),
      partial(0, 0, 1, { count: 2, revision: 1 }),
      partial(2, 0, 2),
    ])
      state.apply(one);
    const [window] = framesOf(state).snapshot();
    expect(window).toEqual({
      ...{ group: GROUP, sizeMs: 10_000, stepMs: 10_000, startMs: 0, revision: 4, final: false },
      ...{
        count: 5,
        min: 1,
        max: 4,
        sum: 9,
        sumOfSquares: 23,
        mean: 1.8,
        stddev: expect.closeTo(Math.sqrt(23 / 5 - 1.8 ** 2), 12),
      },
      ...{ p50: 1 + 1 / 128, p90: 2 + 1 / 64, p99: 2 + 1 / 64, first: 1, last: 1 },
    });
  });

  test('come once each in a frame, as they are then, and only those of the group', () => {
    const state = new GroupState();
    const { source, take, snapshot } = framesOf(state);
    expect(snapshot()).toEqual([]);
    state.apply(partial(0, 10_000, 1));
    state.apply(partial(0, 0, 1));
    state.apply(partial(1, 0, 2));
    state.apply({ ...partial(0, 0, 4), id: 'other', group: { ...GROUP, value: 'south' } });
    expect(source.hasPending()).toBe(true);
    expect(take().map(({ startMs, count }) => [startMs, count])).toEqual([[0, 2], [10_000, 1]]); // prettier-ignore
    expect(source.hasPending()).toBe(false);
    state.apply(partial(0, 0, 1));
    expect(source.hasPending()).toBe(false);
    source.close();
    state.apply(partial(0, 20_000, 1));
    expect(source.hasPending()).toBe(false);
  });

  test('are bounded, and a part that comes after its window was dropped does not pass for it', () => {
    const state = new GroupState(1_000);
    for (let i = 0; i < 70; i++) {
      state.apply(partial(0, i * 10_000, 1));
      // Those of another kind have room of their own.
      if (i % 6 === 0) state.apply({ ...partial(0, i * 10_000, 1), ...MINUTE, id: `minute ${i}` });
    }
    const short = () => state.recent(GROUP).filter(({ sizeMs }) => sizeMs === 10_000);
    state.apply(partial(1, 90_000, 1));
    state.apply(partial(0, 90_000, 1, { count: 2, revision: 1 }));
    expect(state.recent(GROUP).length - short().length).toBe(12);
    expect(short().map(({ startMs }) => startMs)).toEqual(
      Array.from({ length: 60 }, (_, i) => (i + 10) * 10_000),
    );
    state.apply(partial(1, 100_000, 1));
    expect(short()[0]).toMatchObject({ startMs: 100_000, count: 2 });
    const few = new GroupState(3);
    for (const [partition, startMs] of [[0, 0], [1, 0], [0, 10_000], [1, 10_000]] as const) few.apply(partial(partition, startMs, 1)); // prettier-ignore
    expect(few.recent(GROUP).map(({ startMs, count }) => [startMs, count])).toEqual([[10_000, 2]]);
  });

  test('tell which groups there are, while windows of them are known', () => {
    const state = new GroupState(2);
    const source = new GroupsSource(state);
    expect(source.snapshot()).toEqual({ view: 'groups', groups: [], more: 0 });
    const others = Array.from({ length: 3 }, (_, i) => ({ ...GROUP, value: `south-${i}` }));
    state.apply(partial(0, 0, 1));
    expect(source.hasPending()).toBe(true);
    expect(source.take()).toEqual({ view: 'groups', groups: [GROUP], more: 0 });
    state.apply(partial(0, 10_000, 1));
    expect(source.hasPending()).toBe(false);
    for (const group of others) state.apply({ ...partial(0, 0, 1), id: group.value, group });
    expect(source.take()).toEqual({ view: 'groups', groups: others.slice(1), more: 0 });
  });

  test('leave some of very many groups out of the list, and say how many', () => {
    const state = new GroupState();
    for (let i = 0; i < 503; i++)
      state.apply({ ...partial(0, 0, 1), id: `${i}`, group: { ...GROUP, value: `${i}` } });
    const body = new GroupsSource(state).snapshot();
    expect(body.view === 'groups' && [body.groups.length, body.more]).toEqual([500, 3]);
  });
});
