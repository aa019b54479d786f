import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Batch, KafkaMessage } from 'kafkajs';
import { toLogBatches } from './batches';

function message(offset: number, size: number): KafkaMessage {
  return {
    offset: String(offset),
    key: Buffer.from('k'),
    value: Buffer.alloc(size),
    timestamp: '1700000000000',
    attributes: 0,
    headers: { a: Buffer.from('x'), twice: [Buffer.from('1'), Buffer.from('2')] },
  };
}

/** As kafkajs gives it, with a control record after the last message. */
function batchOf(messages: KafkaMessage[]): Batch {
  const last = Number(messages.at(-1)?.offset ?? -1) + 1;
  return {
    topic: 't',
    partition: 3,
    highWatermark: '1000000',
    messages,
    isEmpty: () => messages.length === 0,
    firstOffset: () => messages[0]?.offset ?? null,
    lastOffset: () => String(last),
    offsetLag: () => '0',
    offsetLagLow: () => '0',
  };
}

const arbitrary = fc.record({
  gaps: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 30 }),
  sizes: fc
    .infiniteStream(fc.nat(100))
    .map((stream) => Array.from({ length: 30 }, () => stream.next().value as number)),
  position: fc.nat(60),
  maxBytes: fc.integer({ min: 1, max: 300 }),
});

test('parts cover the records from the position on, in order, each within its bound', () => {
  fc.assert(
    fc.property(arbitrary, ({ gaps, sizes, position, maxBytes }) => {
      let offset = 0;
      const messages = gaps.map((gap, i) => message((offset += gap), sizes[i]!));
      const parts = toLogBatches(batchOf(messages), BigInt(position), maxBytes);
      const wanted = messages.map((one) => BigInt(one.offset)).filter((one) => one >= BigInt(position));
      expect(parts.flatMap(({ records }) => records.map((one) => one.offset))).toEqual(wanted);
      parts.forEach((part, i) => {
        const bytes = part.records.reduce((sum, { value }) => sum + value.length, 0);
        if (part.records.length > 1) expect(bytes).toBeLessThanOrEqual(maxBytes);
        const following = parts[i + 1]?.records[0]?.offset ?? BigInt(offset) + 2n;
        expect(part.nextOffset).toBe(following);
      });
    }),
  );
});

test('records carry key, headers and the time of the append', () => {
  const [part] = toLogBatches(batchOf([message(7, 2)]), 0n, 100);
  expect(part).toMatchObject({ topic: 't', partition: 3, highWatermark: 1_000_000n, nextOffset: 9n });
  expect(part!.records).toEqual([
    {
      offset: 7n,
      key: 'k',
      value: Buffer.alloc(2),
      headers: { a: 'x', twice: '2' },
      appendedAtMs: 1_700_000_000_000,
    },
  ]);
});

test('a header without a value is left out, and the record stays', () => {
  // What Kafka admits and the types of kafkajs don't know.
  const headers = { none: null, kept: Buffer.from('x') } as unknown as KafkaMessage['headers'];
  const [part] = toLogBatches(batchOf([{ ...message(0, 1), headers } as KafkaMessage]), 0n, 100);
  expect(part!.records[0]!.headers).toEqual({ kept: 'x' });
});

test('a record without key, value and headers is empty', () => {
  const bare = {
    offset: '0',
    key: null,
    value: null,
    timestamp: '5',
    attributes: 0,
  } as unknown as KafkaMessage;
  const [part] = toLogBatches(batchOf([bare]), 0n, 100);
  expect(part!.records[0]).toEqual({
    offset: 0n,
    key: '',
    value: Buffer.alloc(0),
    headers: {},
    appendedAtMs: 5,
  });
});
