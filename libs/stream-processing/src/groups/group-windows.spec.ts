import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { bucketOf, middleOf } from '../sketches/buckets';
import {
  CLOSING,
  type GroupOutput,
  run,
  SERIES,
  SETTINGS,
  START,
  streamOf,
  feed,
} from '../spec/group-harness';
import { anyRecords, checkpoint, type Reading, type Record, type Store } from '../spec/harness';
import { fromFixedPoint, toFixedPoint } from '../sums/fixed-point';
import { mergePartials } from './merge-partials';

const KINDS = [
  { sizeMs: 10_000, stepMs: 10_000 },
  { sizeMs: 60_000, stepMs: 60_000 },
  ...SETTINGS.slidingWindows,
];
const idOf = ({ tag, value, metric, sizeMs, stepMs, startMs }: GroupOutput) =>
  JSON.stringify([tag, value, metric, sizeMs, stepMs, startMs]);

/** Fails where revisions do not rise by one, or one follows a final one. */
function lastRevisions(outputs: readonly GroupOutput[]): Map<string, GroupOutput> {
  const last = new Map<string, GroupOutput>();
  for (const window of outputs) {
    const before = last.get(idOf(window));
    expect(window.revision).toBe((before?.revision ?? -1) + 1);
    expect(before?.final ?? false).toBe(false);
    expect(window.count).toBeGreaterThan(before?.count ?? 0);
    last.set(idOf(window), window);
  }
  return last;
}

/** What depends on the order of arrival is left out. */
function contents(outputs: readonly GroupOutput[]): string[] {
  const last = [...lastRevisions(outputs).values()];
  return last.map((window) => JSON.stringify({ ...window, revision: 0, final: false })).sort();
}

/** All windows of all groups, from scratch. */
function naive(readings: readonly Reading[]): string[] {
  const windows = new Map<string, Reading[]>();
  for (const one of readings) {
    const { metric, tags } = SERIES[one.series]!;
    for (const tag of SETTINGS.groupTags) {
      const value = tags.find(([name]) => name === tag)?.[1];
      if (value === undefined) continue;
      for (const { sizeMs, stepMs } of KINDS) {
        for (let start = one.time - (one.time % stepMs); start > one.time - sizeMs; start -= stepMs) {
          const id = JSON.stringify([tag, value, metric, sizeMs, stepMs, start]);
          windows.set(id, [...(windows.get(id) ?? []), one]);
        }
      }
    }
  }
  return [...windows].map(([id, inside]) => JSON.stringify([id, ...statistics(inside)])).sort();
}

function statistics(readings: readonly Reading[]): number[] {
  const inside = [...readings]
    .sort((a, b) => a.time - b.time || a.value - b.value)
    .map(({ value }) => value + 0);
  const ascending = Float64Array.from(inside).sort();
  const percentile = (p: number) => {
    const exact = ascending[Math.floor((p * (inside.length - 1)) / 100)]!;
    return Math.max(ascending[0]!, Math.min(ascending.at(-1)!, middleOf(bucketOf(exact, 0), 0)));
  };
  const total = (values: readonly number[]) =>
    fromFixedPoint(values.reduce((sum, value) => sum + toFixedPoint(value), 0n));
  return [
    ...[inside.length, ascending[0]!, ascending.at(-1)!, total(inside), total(inside.map((x) => x * x))],
    ...[percentile(50), percentile(90), percentile(99), inside[0]!, inside.at(-1)!],
  ];
}

function merged(outputs: readonly (readonly GroupOutput[])[]): string[] {
  const parts = new Map<string, GroupOutput[]>();
  for (const output of outputs) {
    for (const [id, window] of lastRevisions(output)) parts.set(id, [...(parts.get(id) ?? []), window]);
  }
  return [...parts]
    .map(([id, windows]) => {
      const { count, min, max, sum, sumOfSquares, p50, p90, p99, first, last } = mergePartials(windows);
      return JSON.stringify([id, count, min, max, sum, sumOfSquares, p50, p90, p99, first, last]);
    })
    .sort();
}

const value = fc.integer({ min: -500, max: 1500 }).map((n) => n / 10);
/** Distinct readings, several series at the same time among them, and a delay below the lateness for each. */
const delayed = fc
  .uniqueArray(
    fc.tuple(
      fc.record({
        series: fc.nat(SERIES.length - 1),
        time: fc.nat(150).map((s) => START + s * 2_000),
        value,
      }),
      fc.nat(SETTINGS.latenessMs - 1),
    ),
    { selector: ([{ series, time }]) => `${series}:${time}`, maxLength: 60 },
  )
  .map((list) => [...list].sort(([a, d], [b, e]) => a.time + d - (b.time + e)).map(([one]) => one));
const cuts = fc.array(fc.boolean(), { maxLength: 60 });

function inBlocks(readings: readonly Reading[], cutBefore: readonly boolean[]): Record[] {
  const blocks: Reading[][] = [[]];
  readings.forEach((one, i) => {
    if (cutBefore[i]) blocks.push([]);
    blocks.at(-1)!.push(one);
  });
  return blocks.map((block) => ({ appendedAtMs: START + 400_000, readings: block }));
}

test('any order within the lateness and any batching give the same windows of groups: those of all readings', () => {
  fc.assert(
    fc.property(delayed, cuts, cuts, (arrival, cutsA, cutsB) => {
      const inOrder = [...arrival].sort((a, b) => a.time - b.time);
      const a = run([...inBlocks(inOrder, cutsA), CLOSING]);
      const b = run([...inBlocks(arrival, cutsB), CLOSING]);
      expect([a.counts.ungrouped, b.counts.ungrouped]).toEqual([0, 0]);
      expect(contents(b.output)).toEqual(contents(a.output));
      expect(merged([b.output])).toEqual(naive(arrival));
    }),
    { numRuns: 200 },
  );
});

test('parts of a group on several partitions are merged into what one would have', () => {
  fc.assert(
    fc.property(delayed, fc.array(fc.nat(2), { minLength: 6, maxLength: 6 }), (arrival, partitionOf) => {
      const parts = [0, 1, 2].map((partition) => {
        const own = arrival.filter(({ series }) => partitionOf[series] === partition);
        return run([...inBlocks(own, []), CLOSING]).output;
      });
      expect(merged(parts)).toEqual(naive(arrival));
    }),
    { numRuns: 100 },
  );
});

const anything = anyRecords(START, { series: SERIES.length, value, mostReadings: 20 });

test('restored after any record, groups go on bit for bit; no revision after a final one, forgotten groups included', () => {
  fc.assert(
    fc.property(anything, cuts, fc.constantFrom(1_000, 2), (blocks, restarts, maxGroups) => {
      const settings = { ...SETTINGS, maxGroups };
      const straight = streamOf(settings);
      let { stream, output } = streamOf(settings);
      const store: Store = new Map();
      const outputs: GroupOutput[] = [];
      blocks.forEach((block, i) => {
        if (restarts[i]) {
          outputs.push(...output);
          checkpoint(stream, store);
          const next = streamOf(settings);
          next.stream.restorePartition(stream.partitionState());
          for (const [, state] of [...store].sort()) next.stream.restore(state);
          ({ stream, output } = next);
        }
        feed(straight.stream, block);
        feed(stream, block);
      });
      outputs.push(...output);
      expect(outputs).toEqual(straight.output);
      lastRevisions(outputs);
      checkpoint(stream, store);
      const straightStore: Store = new Map();
      checkpoint(straight.stream, straightStore);
      expect(new Map([...store].sort())).toEqual(new Map([...straightStore].sort()));
    }),
    { numRuns: 150 },
  );
});
