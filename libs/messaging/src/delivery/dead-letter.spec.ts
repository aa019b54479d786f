import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { PoisonRecordError } from '../port/errors';
import type { ConsumedRecord } from '../port/log';
import { deadLetterRecord, parseDeadLetter } from './dead-letter';

const consumed = fc.record<ConsumedRecord>({
  offset: fc.bigInt({ min: 0n, max: 10n ** 17n }),
  key: fc.string(),
  value: fc.uint8Array(),
  headers: fc.dictionary(
    fc.string().map((name) => `x-${name}`),
    fc.string(),
  ),
  appendedAtMs: fc.nat(),
});

test('a dead letter says where its record stood, and gives bytes and headers back', () => {
  fc.assert(
    fc.property(
      consumed,
      fc.nat(500),
      fc.integer({ min: 1, max: 64 }),
      fc.string({ maxLength: 50 }),
      (record, partition, partitions, detail) => {
        const source = { batch: { topic: 'readings.v1', partition }, record };
        const letter = deadLetterRecord(source, { reason: 'bad-block', detail }, partitions);
        expect(letter.partition).toBe(partition % partitions);
        const back = parseDeadLetter({
          offset: 9n,
          key: letter.key,
          value: letter.value,
          headers: letter.headers ?? {},
          appendedAtMs: 77,
        });
        expect(back).toEqual({
          topic: 'readings.v1',
          partition,
          offset: record.offset,
          reason: 'bad-block',
          detail,
          value: record.value,
          headers: { ...record.headers },
          appendedAtMs: 77,
        });
      },
    ),
  );
});

test('a long detail is cut', () => {
  const record = { offset: 0n, key: '', value: new Uint8Array(), headers: {}, appendedAtMs: 0 };
  const source = { batch: { topic: 't', partition: 0 }, record };
  const letter = deadLetterRecord(source, { reason: 'r', detail: 'x'.repeat(10_000) }, 1);
  expect(letter.headers!['detail']).toHaveLength(2_000);
});

test.each([
  {},
  { 'origin-topic': 't', 'origin-partition': '0' },
  { 'origin-topic': 't', 'origin-partition': '-1', 'origin-offset': '0' },
  { 'origin-topic': 't', 'origin-partition': '0', 'origin-offset': '1e3' },
  { 'origin-topic': '', 'origin-partition': '0', 'origin-offset': '1' },
])('a dead letter without its origin is poison: %j', (headers) => {
  const record = { offset: 4n, key: '', value: new Uint8Array(), headers, appendedAtMs: 0 };
  expect(() => parseDeadLetter(record as ConsumedRecord)).toThrow(PoisonRecordError);
});

test('of a record that is larger than a dead letter may be, the beginning is kept and its size said', () => {
  const record = {
    offset: 4n,
    key: '',
    value: new Uint8Array(2_000_000).fill(7),
    headers: { long: 'x'.repeat(70_000) },
    appendedAtMs: 0,
  };
  const source = { batch: { topic: 'readings.v1', partition: 2 }, record };
  const letter = deadLetterRecord(source, { reason: 'bad-block', detail: '' }, 3);
  const back = parseDeadLetter({ ...record, ...letter, headers: letter.headers ?? {} });
  expect(back).toMatchObject({ topic: 'readings.v1', partition: 2, offset: 4n });
  expect(back.value).toEqual(new Uint8Array(1_500_000).fill(7));
  expect(back.headers).toEqual({ 'original-bytes': '2000000' });
});
