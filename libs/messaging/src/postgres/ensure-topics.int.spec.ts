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

test('refuses another log, however long it is, and takes any where nothing was read', async () => {
  const topics = ['identity.v1'];
  const settings = { topics, partitions: 1 };
  const { pool } = database;
  const replaceLog = () =>
    pool.query(
      `UPDATE log_partitions SET log_id = gen_random_uuid(), next_offset = 100 WHERE topic = 'identity.v1'`,
    );
  await ensureTopics(options, settings);
  await replaceLog();
  await ensureTopics(options, settings);
  await pool.query(
    `INSERT INTO checkpoints (consumer, topic, partition, next_offset) VALUES ('c', 'identity.v1', 0, 7)`,
  );
  await ensureTopics(options, settings);
  await replaceLog();
  await expect(ensureTopics(options, settings)).rejects.toThrow(LogReplacedError);
  await expect(ensureTopics(options, settings)).rejects.toThrow(
    /^identity.v1 was read from another log \(postgres [0-9a-f-]{36}\) than this one \(postgres [0-9a-f-]{36}\)\. Use the former log /,
  );
  await pool.query(`DELETE FROM checkpoints WHERE topic = 'identity.v1'`);
  expect(await ensureTopics(options, settings)).toHaveLength(1);
});

test('checkpoints from before logs had identities are taken for those of the log that is there', async () => {
  const settings = { topics: ['adopted.v1'], partitions: 1 };
  await ensureTopics(options, settings);
  await database.pool.query(
    `INSERT INTO checkpoints (consumer, topic, partition, next_offset) VALUES ('c', 'adopted.v1', 0, 7)`,
  );
  await database.pool.query(
    `WITH noted AS (DELETE FROM checkpoint_logs WHERE topic = 'adopted.v1')
     UPDATE log_partitions SET next_offset = 7 WHERE topic = 'adopted.v1'`,
  );
  expect(await ensureTopics(options, settings)).toHaveLength(1);
  const { rows } = await database.pool.query(
    `SELECT log = 'postgres ' || log_id AS own FROM checkpoint_logs JOIN log_partitions USING (topic) WHERE topic = 'adopted.v1'`,
  );
  expect(rows).toEqual([{ own: true }]);
});
