import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LIMITS, TOPICS } from '@tidewatch/contracts';
import type { LogConsumer } from '@tidewatch/messaging';
import { partitionOfDevice } from '@tidewatch/readings';
import { createTestDatabase, type TestDatabase, waitFor } from '@tidewatch/testing';
import {
  type IngestionForTests,
  type LoggedReading,
  readingsIn,
  startIngestion,
} from './ingestion-for-tests';

let database: TestDatabase;
let ingestion: IngestionForTests;
let tail: LogConsumer;
/** All readings on the log, in order within a device. */
const logged: LoggedReading[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  ingestion = await startIngestion(database);
  tail = ingestion.log.tail({
    name: 'test',
    topics: [TOPICS.readings],
    sinceMs: 60_000,
    handle: (batch) => void logged.push(...readingsIn(batch)),
  });
  await tail.start();
});

afterAll(async () => {
  await tail.stop();
  await ingestion.stop();
  await database.drop();
});

async function readingsOf(device: string, count: number): Promise<LoggedReading[]> {
  return waitFor(`${count} readings of ${device}`, () => {
    const found = logged.filter((one) => one.device === device);
    return found.length >= count ? found : undefined;
  });
}

describe('a good request', () => {
  const time = '2026-03-01T12:00:00.000250Z';

  test('is on the log when it is answered', async () => {
    const answer = await ingestion.post(
      [
        { device: 'good-1', metric: 'temperature', value: 81.4, time, tags: { site: 'north' } },
        { device: 'good-1', metric: 'pressure', value: -0.25, time: 1772366400000.25 },
      ],
      { headers: { 'x-request-id': 'request-1' } },
    );
    expect(answer.status).toBe(202);
    expect(answer.headers.get('x-request-id')).toBe('request-1');
    const { batchId, ...rest } = (await answer.json()) as { batchId: string };
    expect(batchId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(rest).toEqual({ accepted: 2, rejected: [] });

    const found = await readingsOf('good-1', 2);
    expect(found).toMatchObject([
      { metric: 'temperature', tags: { site: 'north' }, time, value: 81.4 },
      { metric: 'pressure', tags: {}, time, value: -0.25 },
    ]);
    const { headers, partition } = found[0]!;
    expect(partition).toBe(partitionOfDevice('good-1', 12));
    expect(headers['request-id']).toBe('request-1');
    expect(Math.abs(Date.now() - Number(headers['received-at-ms']))).toBeLessThan(60_000);
  });

  test.each([
    ['one object', { device: 'good-2', metric: 'm', value: 1 }, 'good-2'],
    ['an object with readings', { readings: [{ device: 'good-3', metric: 'm', value: 1 }] }, 'good-3'],
  ])('may be %s', async (_, body, device) => {
    expect((await ingestion.post(body)).status).toBe(202);
    const [reading] = await readingsOf(device, 1);
    expect(Math.abs(Date.now() - Date.parse(reading!.time))).toBeLessThan(60_000);
  });

  test('of the forerunner, as curl sends it', async () => {
    const answer = await ingestion.post('{"device_id":"test-001","temperature":25.5,"humidity":60}', {
      path: '/api/data',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ accepted: 2, rejected: [] });
    expect(await readingsOf('test-001', 2)).toMatchObject([
      { metric: 'temperature', value: 25.5 },
      { metric: 'humidity', value: 60 },
    ]);
  });

  test('after request, the order of a device holds', async () => {
    for (let round = 0; round < 10; round++) {
      const answers = Array.from({ length: 20 }, (_, i) =>
        ingestion.post({
          device: `order-${i % 5}`,
          metric: 'm',
          value: round,
          time: 1_000 * (20 * round + i),
        }),
      );
      for (const answer of await Promise.all(answers)) expect(answer.status).toBe(202);
    }
    // Requests of one round race each other, rounds do not.
    const rounds = (await readingsOf('order-3', 40)).map(({ value }) => value);
    expect(rounds).toEqual(Array.from({ length: 40 }, (_, i) => Math.floor(i / 4)));
  });

  test('of the largest size', async () => {
    const body = Array.from({ length: LIMITS.readingsPerRequest }, (_, i) => ({
      ...{ device: 'large', metric: 'm', value: i, time: i },
    }));
    const answer = await ingestion.post(body);
    expect(await answer.json()).toMatchObject({ accepted: LIMITS.readingsPerRequest });
    const found = await readingsOf('large', LIMITS.readingsPerRequest);
    expect(found.map(({ value }) => value)).toEqual(body.map(({ value }) => value));
  });
});

describe('a partial request', () => {
  test('has its good readings taken and the others named', async () => {
    const good = { device: 'partial', metric: 'm', value: 1 };
    const answer = await ingestion.post([good, null, { ...good, x: 1 }], {
      path: '/v1/readings?partial=true',
    });
    expect(answer.status).toBe(207);
    expect(await answer.json()).toMatchObject({
      accepted: 1,
      rejected: [
        { index: 1, pointer: '/1', code: 'wrong-type' },
        { index: 2, pointer: '/2/x', code: 'unknown-field' },
      ],
    });
    expect(await readingsOf('partial', 1)).toMatchObject([{ value: 1 }]);
  });

  test('is an ordinary one when all are good', async () => {
    const answer = await ingestion.post({ device_id: 'partial-2', a: 1 }, { path: '/api/data?partial=true' });
    expect(answer.status).toBe(202);
  });

  test('names each reading that was not taken', async () => {
    const answer = await ingestion.post(new Array(LIMITS.readingsPerRequest).fill({ device: 'd' }), {
      path: '/v1/readings?partial=true',
    });
    expect(answer.status).toBe(207);
    const { accepted, rejected } = (await answer.json()) as {
      accepted: number;
      rejected: { index: number }[];
    };
    expect(accepted).toBe(0);
    expect(new Set(rejected.map(({ index }) => index)).size).toBe(LIMITS.readingsPerRequest);
  });
});

describe('the service', () => {
  const url = (path: string) => new URL(path, ingestion.service.url);

  test('describes its routes', async () => {
    const document = (await (await fetch(url('/openapi.json'))).json()) as {
      paths: Record<string, { post: { responses: object; requestBody: object } }>;
    };
    expect(Object.keys(document.paths)).toEqual(['/v1/readings', '/api/data']);
    for (const { post } of Object.values(document.paths)) {
      expect(Object.keys(post.responses)).toEqual([
        '202',
        '207',
        '400',
        '401',
        '403',
        '413',
        '415',
        '422',
        '503',
        'default',
      ]);
      expect(JSON.stringify(post.requestBody)).toContain('"examples":{"one"');
    }
  });

  test('counts readings by result', async () => {
    const count = async (result: string) => {
      const text = await (await fetch(url('/metrics'))).text();
      const line = `tidewatch_readings_total{result="${result}",format="readings"} `;
      return Number(text.split(line)[1]?.split('\n', 1)[0] ?? NaN);
    };
    const [accepted, rejected] = [await count('accepted'), await count('rejected')];
    await ingestion.post({ device: 'counted', metric: 'm', value: 1 });
    await ingestion.post([
      { device: 'counted', metric: 'm' },
      { device: 'counted', metric: 'm', value: 1 },
    ]);
    expect((await count('accepted')) - accepted).toBe(1);
    expect((await count('rejected')) - rejected).toBe(1);
  });
});
