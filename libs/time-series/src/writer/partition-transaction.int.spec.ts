import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ReadingBatchBuilder, seriesKey } from '@tidewatch/readings';
import { type TestDatabase, createTestDatabase, waitFor } from '@tidewatch/testing';
import pg from 'pg';
import { endEarlierTransactions, inPartitionTransaction } from './partition-transaction';
import { ReadingWriter } from './reading-writer';
import { SeriesDictionary } from './series-dictionary';

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

  test('an answer that does not come in time fails the work at once, and costs only its connection', async () => {
    const holder = await database.pool.connect();
    const impatient = new pg.Pool({ connectionString: database.url, max: 1, query_timeout: 500 });
    const writer = new ReadingWriter(new SeriesDictionary(database.pool));
    const builder = new ReadingBatchBuilder();
    builder.append(seriesKey('a', 'm'), Date.UTC(2026, 2, 1) * 1_000, 1);
    await writer.prepare([builder.view()]);
    const write = () => inPartitionTransaction(impatient, PARTITION, (client) => writer.write(client));
    try {
      await holder.query('BEGIN; LOCK TABLE readings');
      await expect(write()).rejects.toThrow('Query read timeout');
      expect(impatient.totalCount).toBe(0);
      await holder.query('ROLLBACK');
      await write();
      expect(await count()).toBe(1);
    } finally {
      holder.release(true);
      await impatient.end();
    }
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
