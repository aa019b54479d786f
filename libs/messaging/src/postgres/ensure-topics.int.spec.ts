import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CONSUMERS, TOPICS } from '@tidewatch/contracts';
import { createTestDatabase, type TestDatabase } from '@tidewatch/testing';
import { ensureTopics } from '../create-message-log';
import type { MessagingOptions } from '../options';
import { LogReplacedError } from '../port/errors';

let database: TestDatabase;
let options: MessagingOptions;

beforeAll(async () => {
  database = await createTestDatabase();
  const { pool, url } = database;
  options = { driver: 'postgres', pool, connectionString: url, instanceId: 'admin' };
});

afterAll(() => database.drop());

test('creates what is missing, grows what is small, and takes nothing away', async () => {
  const topics = ['a.v1'];
  expect(await ensureTopics(options, { topics, partitions: 3 })).toEqual([
    { topic: 'a.v1', partitions: 3, outcome: 'created' },
  ]);
  expect(await ensureTopics(options, { topics, partitions: 3 })).toEqual([
    { topic: 'a.v1', partitions: 3, outcome: 'unchanged' },
  ]);
  expect(await ensureTopics(options, { topics, partitions: 5 })).toEqual([
    { topic: 'a.v1', partitions: 5, outcome: 'grown' },
  ]);
  expect(await ensureTopics(options, { topics, partitions: 2 })).toEqual([
    { topic: 'a.v1', partitions: 5, outcome: 'unchanged' },
  ]);
});

test('by default makes all topics with 12 partitions, and notes who has to read them', async () => {
  const ensured = await ensureTopics(options);
  expect(new Set(ensured.map(({ topic }) => topic))).toEqual(new Set(Object.values(TOPICS)));
  for (const { partitions } of ensured) expect(partitions).toBe(12);
  const { rows } = await database.pool.query(
    `SELECT consumer, topic, count(*)::int AS partitions, max(next_offset)::int AS next_offset
     FROM checkpoints GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  const place = (consumer: string, topic: string) => ({ consumer, topic, partitions: 12, next_offset: 0 });
  expect(rows).toEqual([
    place(CONSUMERS.processing, TOPICS.readings),
    place(CONSUMERS.storage, TOPICS.readings),
    place(CONSUMERS.storageAnomalies, TOPICS.anomalies),
    place(CONSUMERS.storageDeadLetters, TOPICS.deadLetters),
  ]);
});

test('refuses a log that ends before a checkpoint, until the checkpoint is gone', async () => {
  const topics = ['replaced.v1'];
  await ensureTopics(options, { topics, partitions: 2 });
  await database.pool.query(
    `INSERT INTO checkpoints (consumer, topic, partition, next_offset) VALUES ('c', 'replaced.v1', 1, 7)`,
  );
  await expect(ensureTopics(options, { topics, partitions: 2 })).rejects.toThrow(LogReplacedError);
  await expect(ensureTopics(options, { topics, partitions: 2 })).rejects.toThrow(
    'c has read replaced.v1/1 up to 7, but this log ends at 0',
  );
  expect(await ensureTopics(options, { topics: ['other.v1'], partitions: 1 })).toHaveLength(1);
  await database.pool.query(`DELETE FROM checkpoints WHERE topic = 'replaced.v1'`);
  expect(await ensureTopics(options, { topics, partitions: 2 })).toHaveLength(1);
});
