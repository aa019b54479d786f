import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { type Delivery, PartitionRunner } from '../delivery/partition-runner';
import type { LogBatch } from '../port/log';
import { Dispatcher, type DispatcherOptions } from './dispatcher';
import { PartitionLane } from './partition-lane';

interface Call {
  readonly partition: number;
  readonly records: number;
  readonly finish: (outcome: Delivery) => Promise<void>;
}

let calls: Call[];
let ticks: number;
let lanes: Map<number, PartitionLane>;
let fenced: number[];
let drained: number;
let dispatcher: Dispatcher;

function addLane(partition: number): PartitionLane {
  const runner = Object.assign(Object.create(PartitionRunner.prototype) as PartitionRunner, {
    deliver: (batch: LogBatch) =>
      new Promise<Delivery>((resolve) => {
        const finish = async (outcome: Delivery): Promise<void> => {
          resolve(outcome);
          await jest.advanceTimersByTimeAsync(0);
        };
        calls.push({ partition, records: batch.records.length, finish });
      }),
    tick: () => {
      ticks += 1;
      return Promise.resolve<Delivery>({ kind: 'done', nextOffset: 0n });
    },
  });
  const lane = new PartitionLane({ topic: 't', partition, runner });
  lane.fetchOffset = 0n;
  lanes.set(partition, lane);
  return lane;
}

function feed(lane: PartitionLane, count: number, bytes = 100): void {
  const first = lane.fetchOffset!;
  const records = Array.from({ length: count }, (_, i) => ({
    offset: first + BigInt(i),
    key: '',
    value: new Uint8Array(bytes),
    headers: {},
    appendedAtMs: 0,
  }));
  lane.accept({
    partition: lane.partition,
    records,
    bytes: count * bytes,
    highWatermark: first + BigInt(count),
  });
  dispatcher.dispatch();
}

function begin(options: Partial<DispatcherOptions['subscription']> = {}): void {
  dispatcher = new Dispatcher({
    subscription: { consumer: 'c', topic: 't', open: () => Promise.reject(new Error('unused')), ...options },
    lanes,
    concurrency: 2,
    onFenced: (lane) => void fenced.push(lane.partition),
    onDrained: () => (drained += 1),
  });
  dispatcher.start();
}

beforeEach(() => {
  jest.useFakeTimers();
  calls = [];
  ticks = 0;
  lanes = new Map();
  fenced = [];
  drained = 0;
});

afterEach(() => {
  dispatcher.stop();
  jest.useRealTimers();
});

test('serves a lane with one call at a time, and a few lanes at once', async () => {
  begin();
  const [a, b, c] = [addLane(0), addLane(1), addLane(2)];
  feed(a, 1);
  feed(a, 2);
  feed(a, 3);
  feed(b, 1);
  feed(c, 1);
  expect(calls.map(({ partition, records }) => [partition, records])).toEqual([
    [0, 1],
    [1, 1],
  ]);
  await calls[0]!.finish({ kind: 'done', nextOffset: 1n });
  // What gathered meanwhile comes as one batch.
  expect(calls.slice(2).map(({ partition, records }) => [partition, records])).toEqual([[0, 5]]);
  await calls[1]!.finish({ kind: 'done', nextOffset: 1n });
  expect(calls.slice(3).map(({ partition, records }) => [partition, records])).toEqual([[2, 1]]);
  expect(drained).toBe(2);
});

test('waits for enough bytes over all lanes, or for the longest time', async () => {
  begin({ minBatchBytes: 1_000, maxWaitMs: 80 });
  const [a, b] = [addLane(0), addLane(1)];
  feed(a, 4);
  expect(calls).toHaveLength(0);
  feed(b, 6);
  expect(calls).toHaveLength(2);
  for (const call of calls.splice(0)) await call.finish({ kind: 'done', nextOffset: 9n });
  feed(a, 1);
  await jest.advanceTimersByTimeAsync(79);
  expect(calls).toHaveLength(0);
  await jest.advanceTimersByTimeAsync(1);
  expect(calls).toHaveLength(1);
});

test('ticks once a second without data, and not while a lane pauses', async () => {
  begin();
  const lane = addLane(0);
  await jest.advanceTimersByTimeAsync(3_000);
  expect(ticks).toBe(3);
  lane.apply({ kind: 'seek', offset: 0n, delayMs: 4_500 });
  await jest.advanceTimersByTimeAsync(4_000);
  expect(ticks).toBe(3);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(ticks).toBe(4);
});

test('after a seek asks for more when the pause is over', async () => {
  begin();
  feed(addLane(0), 3);
  await calls[0]!.finish({ kind: 'seek', offset: 0n, delayMs: 400 });
  await jest.advanceTimersByTimeAsync(399);
  expect(drained).toBe(0);
  await jest.advanceTimersByTimeAsync(1);
  expect(drained).toBe(1);
  expect(lanes.get(0)!.fetchOffset).toBe(0n);
});

test('reports a fenced lane, and starts nothing after stop', async () => {
  begin();
  const lane = addLane(0);
  feed(lane, 1);
  await calls[0]!.finish({ kind: 'fenced' });
  expect(fenced).toEqual([0]);
  dispatcher.stop();
  feed(lane, 1);
  await jest.advanceTimersByTimeAsync(5_000);
  expect(calls).toHaveLength(1);
  expect(ticks).toBe(0);
});
