import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Batch } from 'kafkajs';
import type { Delivery } from '../delivery/partition-runner';
import type { LogBatch } from '../port/log';
import { AssignedPartition, type BatchProgress, type PartitionWorker } from './assigned-partition';

/** A worker whose answers the test gives, one after the other, and what the partition tells kafkajs meanwhile. */
class Bench {
  opened = 0;
  closed = 0;
  place: (wanted: bigint) => bigint | undefined = (wanted) => wanted;
  readonly delivered: LogBatch[] = [];
  readonly gaps: [bigint, bigint][] = [];
  readonly told: string[] = [];
  readonly resolved: bigint[] = [];
  private readonly answers: ((delivery: Delivery) => void)[] = [];

  constructor(private readonly checkpoint: bigint) {}

  readonly partition = new AssignedPartition({
    topic: 't',
    partition: 3,
    maxBatchBytes: 1_000,
    createWorker: () => this.createWorker(),
    locate: (wanted) => Promise.resolve(this.place(wanted)),
    onGap: (expected, found) => void this.gaps.push([expected, found]),
    control: {
      pause: () => void this.told.push('pause'),
      resume: () => void this.told.push('resume'),
      seek: (offset) => void this.told.push(`seek ${offset.toString()}`),
    },
  });

  readonly progress: BatchProgress = {
    isCurrent: () => true,
    resolve: (lastOffset) => void this.resolved.push(lastOffset),
  };

  /** The answer to the call that waits longest. */
  async answer(delivery: Delivery): Promise<void> {
    this.answers.shift()!(delivery);
    await settled();
  }

  private createWorker(): PartitionWorker {
    const asked = (): Promise<Delivery> => new Promise((resolve) => void this.answers.push(resolve));
    return {
      open: () => {
        this.opened += 1;
        return Promise.resolve(this.checkpoint);
      },
      deliver: (batch) => {
        this.delivered.push(batch);
        return asked();
      },
      tick: asked,
      close: () => {
        this.closed += 1;
        return Promise.resolve();
      },
      abort: () => undefined,
    };
  }
}

function batch(from: number, to: number): Batch {
  const messages = Array.from({ length: to - from }, (_, i) => ({
    offset: String(from + i),
    key: null,
    value: Buffer.alloc(1),
    timestamp: '0',
    attributes: 0,
    headers: {},
  }));
  const last = String(to - 1);
  return { topic: 't', partition: 3, highWatermark: '100', messages, lastOffset: () => last } as Batch;
}

const done = (to: number): Delivery => ({ kind: 'done', nextOffset: BigInt(to) });
const seek = (to: number, delayMs: number): Delivery => ({ kind: 'seek', offset: BigInt(to), delayMs });

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
}

async function openAt(offset: number): Promise<Bench> {
  const bench = new Bench(BigInt(offset));
  await settled();
  return bench;
}

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('a partition that was assigned', () => {
  test('is paused until its worker is open, and fetched from there', async () => {
    const bench = await openAt(7);
    expect(bench.told).toEqual(['pause', 'seek 7', 'resume']);
    expect(bench.partition.position).toBe(7n);
  });

  test('resolves what the worker has done, and no more', async () => {
    const bench = await openAt(0);
    const delivering = bench.partition.deliver(batch(0, 5), bench.progress);
    await bench.answer(done(3));
    await delivering;
    expect(bench.resolved).toEqual([2n]);
    expect(bench.partition.position).toBe(3n);
  });

  test('waits as long as a fault says, then fetches again from its place', async () => {
    const bench = await openAt(0);
    void bench.partition.deliver(batch(0, 5), bench.progress);
    await bench.answer(seek(0, 100));
    expect(bench.partition.isOpen).toBe(false);
    expect(bench.told.at(-1)).toBe('pause');
    jest.advanceTimersByTime(100);
    expect(bench.partition.isOpen).toBe(true);
    expect(bench.told.slice(-2)).toEqual(['seek 0', 'resume']);
  });

  test('counts a gap of the log once, and does not ask for it again', async () => {
    const bench = await openAt(2);
    void bench.partition.deliver(batch(6, 8), bench.progress);
    expect(bench.gaps).toEqual([[2n, 6n]]);
    await bench.answer(seek(2, 0));
    expect(bench.told.at(-1)).toBe('seek 6');
    void bench.partition.deliver(batch(6, 8), bench.progress);
    await bench.answer(done(8));
    expect(bench.gaps).toHaveLength(1);
  });
});

// A busy partition has a delivery waiting whenever a tick runs. When the tick fails, that delivery begins again at the checkpoint.
describe('a delivery that waits behind a failing tick', () => {
  async function behindFailedTick(): Promise<Bench> {
    const bench = await openAt(10);
    void bench.partition.tick();
    void bench.partition.deliver(batch(10, 15), bench.progress);
    await bench.answer(seek(10, 100));
    expect(bench.partition.isOpen).toBe(false);
    return bench;
  }

  test('and asks for the records from the checkpoint on gets them', async () => {
    const bench = await behindFailedTick();
    await bench.answer(seek(4, 0));
    jest.advanceTimersByTime(100);
    expect(bench.told.slice(-2)).toEqual(['seek 4', 'resume']);
    expect(bench.partition.position).toBe(4n);
  });

  test('and fails as well pauses for its own time', async () => {
    const bench = await behindFailedTick();
    await bench.answer(seek(10, 500));
    jest.advanceTimersByTime(499);
    expect(bench.partition.isOpen).toBe(false);
    jest.advanceTimersByTime(1);
    expect(bench.partition.isOpen).toBe(true);
  });

  test('and is fenced claims again when the membership is confirmed', async () => {
    const bench = await behindFailedTick();
    await bench.answer({ kind: 'fenced' });
    jest.advanceTimersByTime(1_000);
    expect(bench.partition.isOpen).toBe(false);
    bench.partition.confirm();
    await settled();
    expect(bench.opened).toBe(2);
    expect(bench.closed).toBe(1);
    expect(bench.partition.isOpen).toBe(true);
  });

  test('and is done goes on behind its records', async () => {
    const bench = await behindFailedTick();
    await bench.answer(done(15));
    expect(bench.resolved).toEqual([14n]);
    jest.advanceTimersByTime(100);
    expect(bench.told.slice(-2)).toEqual(['seek 15', 'resume']);
  });
});
