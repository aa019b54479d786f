import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TOPICS } from '@tidewatch/contracts';
import {
  CheckpointStore,
  FencedError,
  type LogBatch,
  type PartitionClaim,
  PoisonRecordError,
} from '@tidewatch/messaging';
import { encodeBlock, ReadingBatchBuilder, seriesKey } from '@tidewatch/readings';
import { createTestDatabase, type TestDatabase, waitFor } from '@tidewatch/testing';
import { endEarlierTransactions, ReadingWriter, SeriesDictionary } from '@tidewatch/time-series';
import { ReadingsHandler } from './readings.handler';

const TOPIC = TOPICS.readings;

/** A batch of blocks from `offset` on; a string is a record which is no block. */
function batchOf(offset: bigint, ...blocks: (readonly number[] | string)[]): LogBatch {
  const records = blocks.map((block, i) => ({
    ...{ offset: offset + BigInt(i), key: 'd', headers: {}, appendedAtMs: 0 },
    value: typeof block === 'string' ? Buffer.from(block) : blockOf(block),
  }));
  const nextOffset = offset + BigInt(records.length);
  return { topic: TOPIC, partition: 3, records, nextOffset, highWatermark: nextOffset };
}

function blockOf(values: readonly number[]): Uint8Array {
  const builder = new ReadingBatchBuilder();
  for (const value of values) builder.append(seriesKey('d', 'm'), value * 1_000_000, value);
  return encodeBlock(builder.view());
}

describe('ReadingsHandler', () => {
  let database: TestDatabase;
  let checkpoints: CheckpointStore;
  beforeEach(async () => {
    database = await createTestDatabase();
    checkpoints = new CheckpointStore(database.pool);
  });
  afterEach(() => database.drop());

  const claim = (): Promise<PartitionClaim> => checkpoints.claim('storage', TOPIC, 3, 'test');
  const handlerOf = (owner: PartitionClaim): ReadingsHandler =>
    new ReadingsHandler(owner, database.pool, new ReadingWriter(new SeriesDictionary(database.pool)));
  const state = async (): Promise<unknown> => {
    const { rows } = await database.pool.query<{ values: number[] | null; next: string }>(
      `SELECT (SELECT array_agg(value ORDER BY time) FROM readings) AS values, next_offset AS next FROM checkpoints`,
    );
    return { values: rows[0]!.values ?? [], next: Number(rows[0]!.next) };
  };

  test('rows and offset are one: a batch leaves both or none', async () => {
    const handler = handlerOf(await claim());
    await handler.handle(batchOf(0n, [1, 2], [3]));
    expect(await state()).toEqual({ values: [1, 2, 3], next: 2 });
    await expect(handler.handle(batchOf(2n, [4], 'no block', [5]))).rejects.toMatchObject({
      constructor: PoisonRecordError,
      offset: 3n,
      reason: 'undecodable-block',
    });
    expect(await state()).toEqual({ values: [1, 2, 3], next: 2 });
  });

  test('a batch without records still moves the offset', async () => {
    await handlerOf(await claim()).handle({ ...batchOf(0n), nextOffset: 7n });
    expect(await state()).toEqual({ values: [], next: 7 });
  });

  test('an owner whose partition was taken over writes nothing more', async () => {
    const earlier = handlerOf(await claim());
    await earlier.handle(batchOf(0n, [1]));
    const later = await claim();
    expect(later.nextOffset).toBe(1n);
    await expect(earlier.handle(batchOf(1n, [2, 9]))).rejects.toThrow(FencedError);
    expect(await state()).toEqual({ values: [1], next: 1 });
    await handlerOf(later).handle(batchOf(1n, [2]));
    expect(await state()).toEqual({ values: [1, 2], next: 2 });
  });

  test('an owner that sleeps between its rows and its offset does not keep the next one waiting', async () => {
    const first = await claim();
    let wake = (): void => undefined;
    let asleep = false;
    const sleepy: PartitionClaim = {
      ...first,
      async advance(transaction, nextOffset) {
        asleep = true;
        await new Promise<void>((resolve) => (wake = resolve));
        await first.advance(transaction, nextOffset);
      },
    };
    const sleeping = handlerOf(sleepy)
      .handle(batchOf(0n, [1, 2]))
      .then(
        () => 'committed',
        () => 'ended',
      );
    await waitFor('sleep', () => asleep);
    const second = await claim();
    expect(await endEarlierTransactions(database.pool, second)).toBe(1);
    await handlerOf(second).handle(batchOf(0n, [1, 2]));
    wake();
    expect(await sleeping).toBe('ended');
    expect(await state()).toEqual({ values: [1, 2], next: 1 });
  });
});
