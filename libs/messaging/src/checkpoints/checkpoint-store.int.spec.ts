import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase, waitFor } from '@tidewatch/testing';
import type { PoolClient } from 'pg';
import { FencedError } from '../port/errors';
import { CheckpointStore } from './checkpoint-store';

let database: TestDatabase;
let store: CheckpointStore;

beforeAll(async () => {
  database = await createTestDatabase();
  store = new CheckpointStore(database.pool);
});

afterAll(() => database.drop());

async function stored(topic: string): Promise<unknown> {
  const { rows } = await database.pool.query(
    'SELECT next_offset::int, epoch::int, owner FROM checkpoints WHERE topic = $1',
    [topic],
  );
  return rows[0];
}

async function inTransaction(work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await database.pool.connect();
  try {
    await client.query('BEGIN');
    await work(client);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

test('the first claim begins at 0, the next where the last one has advanced to', async () => {
  const first = await store.claim('c', 'claims', 0, 'anna');
  expect(first).toMatchObject({ consumer: 'c', topic: 'claims', partition: 0, epoch: 1n, nextOffset: 0n });
  await inTransaction((client) => first.advance(client, 42n));
  const second = await store.claim('c', 'claims', 0, 'ben');
  expect(second).toMatchObject({ epoch: 2n, nextOffset: 42n });
  expect(await stored('claims')).toEqual({ next_offset: 42, epoch: 2, owner: 'ben' });
});

test('an advance under an old epoch rolls its transaction back', async () => {
  const old = await store.claim('c', 'fenced', 0, 'anna');
  await store.claim('c', 'fenced', 0, 'ben');
  const work = inTransaction(async (client) => {
    await client.query(`INSERT INTO log_partitions (topic, partition) VALUES ('effect', 0)`);
    await old.advance(client, 5n);
  });
  await expect(work).rejects.toThrow(FencedError);
  expect(await stored('fenced')).toMatchObject({ next_offset: 0 });
  const { rowCount } = await database.pool.query(`SELECT FROM log_partitions WHERE topic = 'effect'`);
  expect(rowCount).toBe(0);
});

test('a claim waits for the transaction that is just advancing, and begins behind it', async () => {
  const old = await store.claim('c', 'racing', 0, 'anna');
  let claiming: ReturnType<CheckpointStore['claim']> | undefined;
  await inTransaction(async (client) => {
    await old.advance(client, 7n);
    claiming = store.claim('c', 'racing', 0, 'ben');
    await waitFor('the claim to wait', async () => {
      const { rows } = await database.pool.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.length === 1;
    });
  });
  expect((await claiming!).nextOffset).toBe(7n);
});

test('renewing raises the epoch of the own claim, and takes nothing from another', async () => {
  const first = await store.claim('c', 'renewed', 0, 'anna');
  const renewed = await store.renew(first);
  expect(renewed.epoch).toBe(2n);
  await expect(first.advance(database.pool, 1n)).rejects.toThrow(FencedError);
  await renewed.advance(database.pool, 1n);
  await store.claim('c', 'renewed', 0, 'ben');
  await expect(store.renew(renewed)).rejects.toThrow(FencedError);
  expect(await stored('renewed')).toEqual({ next_offset: 1, epoch: 3, owner: 'ben' });
});

test('claims at the same time get different epochs', async () => {
  const claims = await Promise.all(Array.from({ length: 8 }, (_, i) => store.claim('c', 'many', 0, `${i}`)));
  expect(claims.map(({ epoch }) => Number(epoch)).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});
