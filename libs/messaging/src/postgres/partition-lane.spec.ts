import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { PartitionRunner } from '../delivery/partition-runner';
import { PartitionLane } from './partition-lane';
import type { Fetched } from './record-reader';

function fetched(from: number, sizes: readonly number[]): Fetched {
  return {
    partition: 0,
    records: sizes.map((size, i) => ({
      offset: BigInt(from + i),
      key: '',
      value: new Uint8Array(size),
      headers: {},
      appendedAtMs: 0,
    })),
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    highWatermark: BigInt(from + sizes.length),
  };
}

function lane(maxBatchBytes: number): PartitionLane {
  const runner = Object.create(PartitionRunner.prototype) as PartitionRunner;
  return new PartitionLane({ topic: 't', partition: 0, runner, maxBatchBytes });
}

test('gives everything in order, in batches within the bound', () => {
  const fetches = fc.array(fc.array(fc.nat(300), { minLength: 1, maxLength: 10 }), { minLength: 1 });
  fc.assert(
    fc.property(fetches, (parts) => {
      const subject = lane(500);
      let end = 0;
      for (const sizes of parts) {
        subject.accept(fetched(end, sizes));
        end += sizes.length;
        expect(subject.fetchOffset).toBe(BigInt(end));
      }
      let next = 0n;
      while (subject.hasRecords()) {
        const batch = subject.take();
        expect(batch.records[0]!.offset).toBe(next);
        next = batch.nextOffset;
        const bytes = batch.records.reduce((sum, { value }) => sum + value.length, 0);
        if (batch.records.length > 1) expect(bytes).toBeLessThanOrEqual(500);
      }
      expect(next).toBe(BigInt(end));
      expect(subject.queuedBytes).toBe(0);
    }),
  );
});

test('a seek drops what was fetched and marks what is on its way as stale', () => {
  const subject = lane(500);
  subject.accept(fetched(0, [10, 10]));
  const generation = subject.generation;
  expect(subject.apply({ kind: 'seek', offset: 1n, delayMs: 60_000 })).toBe(true);
  expect(subject.hasRecords()).toBe(false);
  expect(subject.queuedBytes).toBe(0);
  expect(subject.fetchOffset).toBe(1n);
  expect(subject.generation).not.toBe(generation);
  expect(subject.pauseMs(Date.now())).toBeGreaterThan(50_000);
  // A tick that succeeds meanwhile does not end the pause.
  subject.apply({ kind: 'done', nextOffset: 1n });
  expect(subject.pauseMs(Date.now())).toBeGreaterThan(50_000);
  expect(subject.apply({ kind: 'fenced' })).toBe(false);
});
