import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { waitFor } from '@tidewatch/testing';
import { Pool } from 'pg';
import { quietLogger } from '../contract/harness';
import { PartitionRunner } from '../delivery/partition-runner';
import { Fetcher } from './fetcher';
import { PartitionLane } from './partition-lane';

type Row = [number, string, string, number, Buffer, string, Buffer];

interface Query {
  readonly offsets: string[];
  readonly budget: number;
  readonly answer: (rows: Row[]) => void;
}

let queries: Query[];
let lanes: Map<number, PartitionLane>;
let stop: AbortController;
let running: Promise<void>;
let fetcher: Fetcher;

function row(partition: number, offset: number, bytes = 10, end = offset + 1): Row {
  return [partition, String(offset), String(end), 0, Buffer.alloc(0), '{}', Buffer.alloc(bytes)];
}

function addLane(partition: number): PartitionLane {
  const runner = Object.create(PartitionRunner.prototype) as PartitionRunner;
  const lane = new PartitionLane({ topic: 't', partition, runner });
  lane.fetchOffset = 0n;
  lanes.set(partition, lane);
  return lane;
}

/** The nth query, once it was asked. */
const asked = (n: number): Promise<Query> => waitFor(`query ${n}`, () => queries[n - 1], 5_000);

beforeEach(() => {
  queries = [];
  lanes = new Map();
  stop = new AbortController();
  const pool = Object.assign(Object.create(Pool.prototype) as Pool, {
    query: ({ values }: { values: [string, number[], string[], number] }) =>
      new Promise((resolve) => {
        const answer = (rows: Row[]): void => resolve({ rows });
        queries.push({ offsets: values[2], budget: values[3], answer });
      }),
  });
  fetcher = new Fetcher({
    pool,
    subscription: { consumer: 'c', topic: 't', open: () => Promise.reject(new Error('unused')) },
    lanes,
    logger: quietLogger,
    pollMs: 60_000,
    onFetched: () => undefined,
  });
});

afterEach(async () => {
  stop.abort();
  fetcher.wake();
  for (const { answer } of queries) answer([]);
  await running;
});

test('goes on where the last fetch ended, at once while there is more', async () => {
  const lane = addLane(0);
  running = fetcher.run(stop.signal);
  (await asked(1)).answer([row(0, 0, 10, 5), row(0, 1, 10, 5)]);
  const next = await asked(2);
  expect(next.offsets).toEqual(['2']);
  next.answer([row(0, 2, 10, 3)]);
  await waitFor('three records', () => lane.queuedBytes === 30);
  expect(lane.take().records.map(({ offset }) => offset)).toEqual([0n, 1n, 2n]);
});

test('drops what was fetched before a seek', async () => {
  const lane = addLane(0);
  running = fetcher.run(stop.signal);
  const stale = await asked(1);
  lane.apply({ kind: 'seek', offset: 7n, delayMs: 0 });
  stale.answer([row(0, 0)]);
  fetcher.wake();
  expect((await asked(2)).offsets).toEqual(['7']);
  expect(lane.hasRecords()).toBe(false);
});

test('reads no further ahead than its bounds', async () => {
  const full = addLane(0);
  addLane(1);
  running = fetcher.run(stop.signal);
  const first = await asked(1);
  expect(first.budget).toBe(2 * 1024 * 1024);
  first.answer([row(0, 0, 2 * 1024 * 1024), row(1, 0)]);
  await waitFor('the answer', () => full.hasRecords());
  fetcher.wake();
  // The lane that holds a whole batch is left out.
  expect((await asked(2)).offsets).toEqual(['1']);
});

test('with many lanes shares the bytes of one statement', async () => {
  for (let partition = 0; partition < 8; partition += 1) addLane(partition);
  running = fetcher.run(stop.signal);
  expect((await asked(1)).budget).toBe((4 * 1024 * 1024) / 8);
});
