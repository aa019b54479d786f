import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type TestDatabase, createTestDatabase, waitFor } from '@tidewatch/testing';
import { endEarlierTransactions, inPartitionTransaction } from './partition-transaction';

const PARTITION = { consumer: 'storage', topic: 'readings.v1', partition: 3 };
const INSERT = `INSERT INTO readings VALUES ('2026-03-01', 1, 1)`;

describe('inPartitionTransaction', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  const count = async (): Promise<unknown> =>
    (await database.pool.query<{ n: number }>('SELECT count(*)::int AS n FROM readings')).rows[0]!.n;

  test('commits, or rolls back with the error of the work', async () => {
    await inPartitionTransaction(database.pool, PARTITION, (client) => client.query(INSERT));
    expect(await count()).toBe(1);
    const failing = inPartitionTransaction(database.pool, PARTITION, async (client) => {
      await client.query('DELETE FROM readings');
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(await count()).toBe(1);
    expect(database.pool.totalCount - database.pool.idleCount).toBe(0);
  });

  test('who takes over ends the transaction of a sleeper, of this partition and no other', async () => {
    const wake: (() => void)[] = [];
    let asleep = 0;
    const sleeper = (partition: number) =>
      inPartitionTransaction(database.pool, { ...PARTITION, partition }, async (client) => {
        await client.query(`INSERT INTO readings VALUES ('2026-03-01', $1, 1)`, [partition]);
        asleep += 1;
        await new Promise<void>((resolve) => wake.push(resolve));
      }).then(
        () => 'committed',
        () => 'ended',
      );
    const outcomes = [sleeper(3), sleeper(4)];
    await waitFor('both to sleep', () => asleep === 2);
    expect(await endEarlierTransactions(database.pool, PARTITION)).toBe(1);
    // Would wait for the sleeper, and run into the lock timeout, if that were still there.
    await inPartitionTransaction(database.pool, PARTITION, (client) =>
      client.query(`INSERT INTO readings VALUES ('2026-03-01', 3, 2)`),
    );
    wake.forEach((resolve) => resolve());
    expect(await Promise.all(outcomes)).toEqual(['ended', 'committed']);
    const { rows } = await database.pool.query('SELECT series_id, value FROM readings ORDER BY series_id');
    expect(rows).toEqual([
      { series_id: 3, value: 2 },
      { series_id: 4, value: 1 },
    ]);
  });
});
