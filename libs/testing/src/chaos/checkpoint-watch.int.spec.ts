import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type TestDatabase, createTestDatabase } from '../postgres';
import { checkpointViolations, watchCheckpoints } from './checkpoint-watch';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const PLACE = `consumer = 'storage' AND topic = 'readings.v1' AND partition = 3`;

test.each([
  ['an advance', 'next_offset = 120', []],
  ['a takeover', `epoch = 6, owner = 'storage-2-b'`, []],
  ['an epoch that goes back', 'epoch = 4', ['epoch 5 → 4']],
  ['an offset that goes back', 'next_offset = 99', ['offset 100 → 99']],
  ['a second owner', `owner = 'storage-2-b'`, ['epoch 5 of storage-1-a is also of storage-2-b']],
])('%s', async (_, change, violations) => {
  const { pool } = database;
  await pool.query('DELETE FROM checkpoints');
  await pool.query(
    `INSERT INTO checkpoints (consumer, topic, partition, epoch, next_offset, owner)
     VALUES ('storage', 'readings.v1', 3, 5, 100, 'storage-1-a')`,
  );
  await watchCheckpoints(pool);
  await pool.query(`UPDATE checkpoints SET ${change} WHERE ${PLACE}`);
  // It went back for a moment only.
  await pool.query(`UPDATE checkpoints SET epoch = 7, next_offset = 200 WHERE ${PLACE}`);
  expect(await checkpointViolations(pool)).toEqual(
    violations.map((text) => `storage on readings.v1/3: ${text}`),
  );
});
