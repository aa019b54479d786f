import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type ReadingBatch, ReadingBatchBuilder, seriesKey } from '@tidewatch/readings';
import { type DatabaseKind, type TestDatabase, describeEachDatabase } from '@tidewatch/testing';
import { inPartitionTransaction } from './partition-transaction';
import { ReadingWriter, type WriteResult } from './reading-writer';
import { SeriesDictionary } from './series-dictionary';

const PARTITION = { consumer: 'storage', topic: 'readings.v1', partition: 3 };
const START_US = Date.UTC(2026, 2, 1) * 1_000;

/** Rows as `device metric second value`. */
function block(...rows: [device: string, metric: string, second: number, value: number][]): ReadingBatch {
  const builder = new ReadingBatchBuilder();
  for (const [device, metric, second, value] of rows) {
    builder.append(seriesKey(device, metric), START_US + second * 1_000_000, value);
  }
  return builder.view();
}

describeEachDatabase('ReadingWriter', (kind: DatabaseKind) => {
  let database: TestDatabase;
  let writer: ReadingWriter;

  beforeEach(async () => {
    database = await kind.create();
    writer = new ReadingWriter(new SeriesDictionary(database.pool));
  });
  afterEach(() => database.drop());

  const write = async (...blocks: ReadingBatch[]): Promise<WriteResult> => {
    await writer.prepare(blocks);
    return inPartitionTransaction(database.pool, PARTITION, (client) => writer.write(client));
  };
  const stored = async (): Promise<unknown[]> => {
    const { rows } = await database.pool.query({
      rowMode: 'array',
      text: `SELECT device, metric, (extract(epoch FROM time) - $1)::int, value
        FROM readings JOIN series ON series.id = series_id ORDER BY device, metric, time`,
      values: [START_US / 1e6],
    });
    return rows;
  };

  test('writes several blocks at once, each value exactly', async () => {
    const values = [0.1, -0, 5e-324, 1.7976931348623157e308, Infinity, NaN];
    const result = await write(
      block(...values.map((value, i): [string, string, number, number] => ['a', 'm', i, value])),
      block(['b', 'm', 0, 7]),
    );
    expect(result).toEqual({ written: 7, duplicates: 0, conflicts: 0 });
    expect(await stored()).toEqual([...values.map((value, i) => ['a', 'm', i, value]), ['b', 'm', 0, 7]]);
  });

  test('keeps microseconds, before and after the year 2000', async () => {
    const builder = new ReadingBatchBuilder();
    const times = [
      0, 1, 946_684_799_999_999, 946_684_800_000_001, 1_772_366_400_000_250, 7_258_118_399_999_999,
    ];
    for (const timeUs of times) builder.append(seriesKey('a', 'm'), timeUs, 1);
    await write(builder.view());
    const { rows } = await database.pool.query<{ us: string }>(
      'SELECT (extract(epoch FROM time) * 1000000)::bigint AS us FROM readings ORDER BY time',
    );
    expect(rows.map(({ us }) => Number(us))).toEqual(times);
  });

  test('of duplicates in a batch the first stands, and other values are conflicts', async () => {
    const result = await write(
      block(['a', 'm', 0, 1], ['a', 'm', 0, 1], ['a', 'm', 0, 2]),
      block(['a', 'm', 0, 3], ['a', 'm', 1, 4]),
    );
    expect(result).toEqual({ written: 2, duplicates: 3, conflicts: 2 });
    expect(await stored()).toEqual([
      ['a', 'm', 0, 1],
      ['a', 'm', 1, 4],
    ]);
  });

  test('of duplicates over batches the stored one stands; the rest of the batch is written', async () => {
    await write(block(['a', 'm', 0, 1], ['a', 'm', 1, 2]));
    const again = block(
      ['a', 'm', 2, 3],
      ['a', 'm', 1, 9],
      ['a', 'm', 0, 1],
      ['a', 'm', 0, 8],
      ['b', 'm', 0, 5],
    );
    expect(await write(again)).toEqual({ written: 2, duplicates: 3, conflicts: 2 });
    // Once more, when the writer already expects duplicates, and nothing is new.
    expect(await write(again)).toEqual({ written: 0, duplicates: 5, conflicts: 2 });
    expect(await stored()).toEqual([
      ['a', 'm', 0, 1],
      ['a', 'm', 1, 2],
      ['a', 'm', 2, 3],
      ['b', 'm', 0, 5],
    ]);
  });

  test('an empty batch writes nothing', async () => {
    expect(await write()).toEqual({ written: 0, duplicates: 0, conflicts: 0 });
    expect(await write(block())).toEqual({ written: 0, duplicates: 0, conflicts: 0 });
  });

  test('a transaction that fails leaves no row behind, and the same batch can be prepared again', async () => {
    const batch = block(['a', 'm', 0, 1], ['b', 'm', 0, 1]);
    await writer.prepare([batch]);
    const fenced = inPartitionTransaction(database.pool, PARTITION, async (client) => {
      await writer.write(client);
      throw new Error('fenced');
    });
    await expect(fenced).rejects.toThrow('fenced');
    expect(await stored()).toEqual([]);
    expect(await write(batch)).toEqual({ written: 2, duplicates: 0, conflicts: 0 });
  });

  test('a connection that dies during the COPY is an error that leaves no row behind', async () => {
    const seconds = Array.from({ length: 50_000 }, (_, i) => i);
    await writer.prepare([block(...seconds.map((s): [string, string, number, number] => ['a', 'm', s, s]))]);
    const dying = inPartitionTransaction(database.pool, PARTITION, async (client) => {
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const writing = writer.write(client);
      await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
      return writing;
    });
    await expect(dying).rejects.toThrow(/terminat/);
    expect(await stored()).toEqual([]);
  });

  test('of two partitions that write the same rows in opposite order one may fail, and its next try finds the rest', async () => {
    const seconds = Array.from({ length: 20_000 }, (_, i) => i);
    const rows = (order: number[], value: number): ReadingBatch =>
      block(...order.map((s): [string, string, number, number] => ['a', 'm', s, value]));
    const others = new ReadingWriter(new SeriesDictionary(database.pool));
    await writer.prepare([rows(seconds, 1)]);
    await others.prepare([rows([...seconds].reverse(), 2)]);
    const attempts = [writer, others].map((one, partition) => async () => {
      const name = { ...PARTITION, partition };
      return inPartitionTransaction(database.pool, name, (client) => one.write(client));
    });
    const first = await Promise.allSettled(attempts.map((attempt) => attempt()));
    const written = first.map((one) => (one.status === 'fulfilled' ? one.value.written : 0));
    for (const one of first)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: '40P01' });
    expect(Math.max(...written)).toBe(seconds.length);
    const { rows: values } = await database.pool.query(
      'SELECT count(*)::int AS rows, count(DISTINCT value)::int AS values FROM readings',
    );
    expect(values).toEqual([{ rows: seconds.length, values: 1 }]);
  });

  if (kind.timescale) {
    test('looks for duplicates in the chunks of their days, however many there are', async () => {
      const day = 86_400;
      for (let d = 0; d < 20; d++) await write(block(['a', 'm', d * day, d]));
      const again = block(['a', 'm', 3 * day, 3], ['a', 'm', 5 * day, 9], ['a', 'm', 5 * day + 1, 1]);
      await writer.prepare([again]);
      const [result, chunks] = await inPartitionTransaction(database.pool, PARTITION, async (client) => {
        const written = await writer.write(client);
        const { rows } = await client.query<{ chunks: number }>(
          `SELECT count(*)::int AS chunks FROM pg_locks JOIN pg_class c ON c.oid = relation
           WHERE pid = pg_backend_pid() AND mode = 'AccessShareLock' AND c.relkind = 'r' AND relname LIKE '\\_hyper\\_%'`,
        );
        return [written, rows[0]!.chunks];
      });
      expect(result).toEqual({ written: 1, duplicates: 2, conflicts: 1 });
      expect(chunks).toBe(2);
    });

    test('late readings of many series into compressed chunks are no more than a batch may hold', async () => {
      const device = (i: number): string => `device-${i}`;
      const early: [string, string, number, number][] = [];
      for (let i = 0; i < 120; i++) for (let s = 0; s < 1_000; s++) early.push([device(i), 'm', s, 1]);
      await write(block(...early));
      await database.pool.query(`SELECT compress_chunk(c) FROM show_chunks('readings') c`);
      const late = Array.from({ length: 120 }, (_, i): [string, string, number, number] => {
        return [device(i), 'm', 500.5, 2];
      });
      expect(await write(block(...late))).toEqual({ written: 120, duplicates: 0, conflicts: 0 });
    });

    test('finds duplicates in compressed chunks, and writes late readings into them', async () => {
      await write(block(['a', 'm', 0, 1], ['b', 'm', 0, 2]));
      await database.pool.query(`SELECT compress_chunk(c) FROM show_chunks('readings') c`);
      const late = block(['a', 'm', 0, 1], ['b', 'm', 0, 9], ['a', 'm', 1, 3]);
      expect(await write(late)).toEqual({ written: 1, duplicates: 2, conflicts: 1 });
      expect(await stored()).toEqual([
        ['a', 'm', 0, 1],
        ['a', 'm', 1, 3],
        ['b', 'm', 0, 2],
      ]);
    });
  }
});
