import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { waitFor } from '@tidewatch/testing';
import { ContractBench, createEffectsTable, records, text } from '../contract/contract-bench';
import { createPostgresHarness, type PostgresHarness } from '../contract/postgres-harness';
import { offsetsGone } from '../metrics';
import { PostgresMessageLog } from './postgres-message-log';

const HOUR_MS = 3_600_000;

let harness: PostgresHarness;
let bench: ContractBench;
const logs: PostgresMessageLog[] = [];
const errors: string[] = [];

beforeAll(async () => {
  harness = await createPostgresHarness();
  bench = new ContractBench(harness);
  await createEffectsTable(harness);
});

afterEach(async () => {
  await bench.clear();
  await Promise.all(logs.splice(0).map((log) => log.close()));
  await harness.pool.query('TRUNCATE log_records, log_partitions, checkpoints CASCADE');
});

afterAll(() => harness.close());

function open(retentionMs: number): PostgresMessageLog {
  const log = new PostgresMessageLog(
    harness.options({
      instanceId: bench.name('instance'),
      retentionMs,
      logger: { log: () => undefined, warn: () => undefined, error: (message) => errors.push(message) },
    }),
  );
  logs.push(log);
  return log;
}

async function age(topic: string, offsets: string, ms: number): Promise<void> {
  await harness.pool.query(
    `UPDATE log_records SET appended_at = now() - $2 * interval '1 ms' WHERE topic = $1 AND log_offset <@ $3::int8range`,
    [topic, ms, offsets],
  );
}

async function bounds(topic: string): Promise<{ first: number; next: number; rows: number }> {
  const { rows } = await harness.pool.query<{ first: number; next: number; rows: number }>(
    `SELECT first_offset::int AS first, next_offset::int AS next,
       (SELECT count(*)::int FROM log_records r WHERE r.topic = p.topic) AS rows
     FROM log_partitions p WHERE topic = $1`,
    [topic],
  );
  return rows[0]!;
}

async function setCheckpoint(consumer: string, topic: string, nextOffset: number): Promise<void> {
  await harness.pool.query(
    `INSERT INTO checkpoints (consumer, topic, partition, next_offset) VALUES ($1, $2, 0, $3)
     ON CONFLICT (consumer, topic, partition) DO UPDATE SET next_offset = excluded.next_offset`,
    [consumer, topic, nextOffset],
  );
}

test('drops what is old and behind every consumer, and nothing else', async () => {
  const topic = await harness.createTopic(1);
  const log = open(HOUR_MS);
  await log.append(topic, records(30, 1));
  await setCheckpoint('fast', topic, 30);
  await setCheckpoint('slow', topic, 12);
  expect(await log.trim()).toBe(0);
  await age(topic, '[0,20)', 2 * HOUR_MS);
  expect(await log.trim()).toBe(12);
  expect(await bounds(topic)).toEqual({ first: 12, next: 30, rows: 18 });
  await setCheckpoint('slow', topic, 30);
  expect(await log.trim()).toBe(8);
  expect(await bounds(topic)).toEqual({ first: 20, next: 30, rows: 10 });
});

test('leaves nothing behind when the clock was set back', async () => {
  const topic = await harness.createTopic(1);
  const log = open(HOUR_MS);
  await log.append(topic, records(10, 1));
  await age(topic, '[0,3)', 2 * HOUR_MS);
  await age(topic, '[5,8)', 2 * HOUR_MS);
  expect(await log.trim()).toBe(3);
  expect(await bounds(topic)).toEqual({ first: 3, next: 10, rows: 7 });
  await age(topic, '[3,10)', 2 * HOUR_MS);
  expect(await log.trim()).toBe(7);
  expect(await bounds(topic)).toEqual({ first: 10, next: 10, rows: 0 });
});

test('bounds a topic that nobody keeps a checkpoint for by age, in many small steps', async () => {
  const topic = await harness.createTopic(1);
  const log = open(0);
  for (let i = 0; i < 3; i += 1) await log.append(topic, records(500, 1));
  expect(await log.trim()).toBe(1_500);
  expect(await bounds(topic)).toEqual({ first: 1_500, next: 1_500, rows: 0 });
  await log.append(topic, records(1, 1, 'next'));
  expect(await bounds(topic)).toEqual({ first: 1_500, next: 1_501, rows: 1 });
});

test('leaves the work to one process at a time', async () => {
  const topic = await harness.createTopic(1);
  await open(0).append(topic, records(2_000, 1));
  const dropped = await Promise.all(Array.from({ length: 4 }, () => open(0).trim()));
  expect(dropped.reduce((sum, count) => sum + count, 0)).toBe(2_000);
});

test('a consumer whose records are gone raises the alarm and goes on with what is there', async () => {
  const topic = await harness.createTopic(1);
  const consumer = bench.name('c');
  const log = open(0);
  await log.append(topic, records(10, 1, 'gone'));
  await log.trim();
  await log.append(topic, records(3, 1, 'kept'));
  await bench.start(open(HOUR_MS).consume(bench.subscription({ consumer, topic })));
  await waitFor('what is there', async () => (await bench.values(consumer)).length === 3);
  expect(await bench.values(consumer)).toEqual(['kept0', 'kept1', 'kept2']);
  expect(errors.filter((message) => message.includes(consumer))).toEqual([
    `${consumer}: the log has dropped 10 records of ${topic}/0 from offset 0 on`,
  ]);
  const metric = await offsetsGone.get();
  expect(metric.values).toContainEqual({ labels: { consumer, topic }, value: 10 });
});

test.each([
  ['nothing is that young', 10, 0],
  ['some are', 90_000, 40],
  ['all are', 900_000, 100],
])('a tail begins at the wanted age: %s', async (_, sinceMs, expected) => {
  const topic = await harness.createTopic(1);
  const log = open(HOUR_MS);
  await log.append(topic, records(100, 1));
  await age(topic, '[0,60)', 300_000);
  await age(topic, '[60,100)', 60_000);
  const seen: string[] = [];
  await bench.start(
    log.tail({
      name: bench.name('t'),
      topics: [topic],
      sinceMs,
      handle: (batch) => void seen.push(...batch.records.map(({ value }) => text(value))),
    }),
  );
  await log.append(topic, records(1, 1, 'last'));
  await waitFor('the last record', () => seen.includes('last0'));
  expect(seen).toEqual([
    ...records(100, 1)
      .slice(100 - expected)
      .map(({ value }) => text(value)),
    'last0',
  ]);
});
