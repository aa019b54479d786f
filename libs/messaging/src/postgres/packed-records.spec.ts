import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { LogRecord } from '../port/log';
import { packRecords } from './packed-records';

const record = fc.record<LogRecord>({
  partition: fc.nat(3),
  key: fc.string({ unit: 'binary', maxLength: 8 }),
  value: fc.uint8Array({ maxLength: 20 }),
  headers: fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })),
});
const appends = fc.array(
  fc.record({
    topic: fc.constantFrom('a', 'b'),
    records: fc.array(record, { maxLength: 5 }),
    bytes: fc.constant(0),
  }),
);

/** What the statement does with the parameters, in plain words. */
function unpack(values: unknown[]) {
  const [topics, partitions, , payload, slots, ranks, at, keyBytes, headerBytes, valueBytes] = values as [
    string[],
    number[],
    number[],
    Buffer,
    ...number[][],
  ];
  return slots!.map((slot, i) => {
    const key = at![i]!;
    const headers = key + keyBytes![i]!;
    const value = headers + headerBytes![i]!;
    return {
      topic: topics[slot - 1],
      partition: partitions[slot - 1],
      rank: ranks![i],
      key: payload.subarray(key, headers).toString('utf8'),
      headers: JSON.parse(payload.subarray(headers, value).toString('utf8')) as unknown,
      value: [...payload.subarray(value, value + valueBytes![i]!)],
    };
  });
}

test('packs records so that each is found again, ranked in its partition', () => {
  fc.assert(
    fc.property(appends, (calls) => {
      const packed = packRecords(calls);
      const ranks = new Map<string, number>();
      const expected = calls.flatMap(({ topic, records }) =>
        records.map(({ partition, key, value, headers }) => {
          const place = `${topic}/${partition}`;
          const rank = ranks.get(place) ?? 0;
          ranks.set(place, rank + 1);
          return { topic, partition, rank, key, headers: { ...headers }, value: [...value] };
        }),
      );
      expect(unpack(packed.values)).toEqual(expected);
      expect(packed.count).toBe(expected.length);
      const counts = packed.values[2] as number[];
      expect(counts).toEqual([...ranks.values()]);
    }),
  );
});
