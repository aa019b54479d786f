import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AppendCall, AppendQueue, type Send } from './append-queue';

const MIB = 1024 * 1024;

class FakeCall implements AppendCall {
  readonly deadlineAt = 0;
  settled = false;
  acknowledged = 0;

  acknowledge(): void {
    this.acknowledged += 1;
  }

  reject(): void {
    this.settled = true;
  }
}

function queueOf(sizes: { partition: number; bytes: number }[], call: AppendCall, dropped: number[] = []) {
  const queue = new AppendQueue((bytes) => dropped.push(bytes));
  sizes.forEach(({ partition, bytes }, i) =>
    queue.add('t', { partition, key: String(i), value: Buffer.alloc(0) }, bytes, call),
  );
  return queue;
}

function takeAll(queue: AppendQueue): Send[] {
  const sends: Send[] = [];
  for (let send = queue.take(); send; send = queue.take()) sends.push(send);
  return sends;
}

describe('AppendQueue', () => {
  test('a request holds at most 1 MiB of a partition and 8 MiB in all, or one larger record', () => {
    const record = fc.record({ partition: fc.nat(15), bytes: fc.integer({ min: 1, max: 3 * MIB }) });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 60 }), (sizes) => {
        for (const { partitions, bytes } of takeAll(queueOf(sizes, new FakeCall()))) {
          const sums = partitions.map(({ records }) => records.reduce((sum, one) => sum + one.bytes, 0));
          partitions.forEach(({ records }, i) => {
            if (records.length > 1) expect(sums[i]).toBeLessThanOrEqual(MIB);
          });
          expect(bytes).toBe(sums.reduce((a, b) => a + b, 0));
          if (partitions.length > 1) expect(bytes).toBeLessThanOrEqual(8 * MIB);
        }
      }),
    );
  });

  test('every record goes out once, each partition in the order of the calls', () => {
    const record = fc.record({ partition: fc.nat(5), bytes: fc.integer({ min: 1, max: MIB }) });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 60 }), (sizes) => {
        const out = takeAll(queueOf(sizes, new FakeCall())).flatMap(({ partitions }) =>
          partitions.flatMap(({ records }) => records.map((one) => one.record)),
        );
        expect(out).toHaveLength(sizes.length);
        for (let partition = 0; partition < 6; partition += 1) {
          const keys = out.filter((one) => one.partition === partition).map(({ key }) => Number(key));
          expect(keys).toEqual(sizes.flatMap((one, i) => (one.partition === partition ? [i] : [])));
        }
      }),
    );
  });

  test('a busy partition does not keep the others waiting', () => {
    const busy = Array.from({ length: 20 }, () => ({ partition: 0, bytes: MIB }));
    const sends = takeAll(queueOf([...busy, { partition: 1, bytes: 10 }], new FakeCall()));
    expect(sends[0]!.partitions.map(({ partition }) => partition)).toEqual([0, 1]);
    expect(sends).toHaveLength(20);
  });

  test('records of calls that have ended are dropped and counted', () => {
    const ended = new FakeCall();
    const dropped: number[] = [];
    const queue = queueOf([{ partition: 0, bytes: 100 }], ended, dropped);
    const alive = new FakeCall();
    queue.add('t', { partition: 0, key: 'alive', value: Buffer.alloc(0) }, 7, alive);
    ended.reject();
    const send = queue.take();
    expect(send?.partitions[0]?.records.map(({ record }) => record.key)).toEqual(['alive']);
    expect(dropped).toEqual([100]);
    expect(queue.isEmpty).toBe(true);
    expect(queue.take()).toBeUndefined();
  });

  test('partitions of the same number on two topics are two partitions', () => {
    const queue = new AppendQueue(() => undefined);
    const call = new FakeCall();
    for (const topic of ['a', 'b'])
      queue.add(topic, { partition: 0, key: topic, value: Buffer.alloc(0) }, 1, call);
    expect(queue.take()?.partitions.map(({ topic }) => topic)).toEqual(['a', 'b']);
  });
});
