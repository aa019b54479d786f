import { expect, test } from '@jest/globals';
import { TOPICS } from '@tidewatch/contracts';
import { createTestDatabase, waitFor } from '@tidewatch/testing';
import { readingsIn, startIngestion } from './ingestion-for-tests';

const reading = (value: number) => ({ device: 'd', metric: 'm', value });

test('a log that is away is a 503 with Retry-After within five seconds, and readiness tells', async () => {
  const database = await createTestDatabase();
  const ingestion = await startIngestion(database);
  const url = (path: string) => new URL(path, ingestion.service.url);
  try {
    expect((await ingestion.post(reading(1))).status).toBe(202);
    expect((await fetch(url('/readyz'))).status).toBe(200);
    await database.drop();

    const startedAt = performance.now();
    const answer = await ingestion.post(reading(2));
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ type: 'urn:tidewatch:problem:unavailable' });
    const ready = await fetch(url('/readyz'));
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ details: { log: { status: 'down' } } });
    expect((await fetch(url('/livez'))).status).toBe(200);
  } finally {
    await ingestion.stop();
  }
});

test('a stop leaves no request behind: what was answered with 202 is on the log', async () => {
  const database = await createTestDatabase();
  const ingestion = await startIngestion(database);
  const values: number[] = [];
  const tail = ingestion.log.tail({
    name: 'test',
    topics: [TOPICS.readings],
    sinceMs: 60_000,
    handle: (batch) => void values.push(...readingsIn(batch).map(({ value }) => value)),
  });
  await tail.start();
  const sent = Array.from({ length: 50 }, (_, i) =>
    ingestion.post(reading(i)).then(
      (answer) => answer.status,
      () => 0,
    ),
  );
  await Promise.race(sent);
  expect(await ingestion.service.stop()).toBe(0);
  const statuses = await Promise.all(sent);
  const taken = statuses.flatMap((status, i) => (status === 202 ? [i] : []));
  expect(taken.length).toBeGreaterThan(0);
  await waitFor('the readings that were taken', () => taken.every((value) => values.includes(value)));
  expect(values).toHaveLength(new Set(values).size);
  await tail.stop();
  await ingestion.log.close();
  await database.drop();
});
