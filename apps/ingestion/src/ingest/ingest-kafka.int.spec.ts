import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DEFAULT_PARTITIONS, TOPICS } from '@tidewatch/contracts';
import { partitionOfDevice } from '@tidewatch/readings';
import {
  createTestDatabase,
  describeWithKafka,
  type KafkaBroker,
  startKafka,
  type TestDatabase,
  waitFor,
} from '@tidewatch/testing';
import { type IngestionForTests, readingsIn, startIngestion } from './ingestion-for-tests';

/** A device for each partition. */
const DEVICES = Array.from({ length: DEFAULT_PARTITIONS }, (_, partition) => {
  let i = 0;
  while (partitionOfDevice(`device-${i}`, DEFAULT_PARTITIONS) !== partition) i += 1;
  return `device-${i}`;
});

/** One reading in each partition. */
function everywhere(metric: string) {
  return DEVICES.map((device) => ({ device, metric, value: 1, time: 1_000 }));
}

describeWithKafka('with Kafka', () => {
  let folder: string;
  let broker: KafkaBroker;
  let database: TestDatabase;
  let ingestion: IngestionForTests;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidewatch-kafka-'));
    [broker, database] = await Promise.all([startKafka({ dataDir: folder }), createTestDatabase()]);
    ingestion = await startIngestion(database, broker.brokers);
  }, 120_000);

  afterAll(async () => {
    await ingestion.stop();
    await broker.kill();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  async function expectRefusalInTime(metric: string): Promise<void> {
    const startedAt = performance.now();
    const answer = await ingestion.post(everywhere(metric));
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ type: 'urn:tidewatch:problem:unavailable' });
  }

  async function untilTaken(metric: string): Promise<void> {
    await waitFor('a 202', async () => (await ingestion.post(everywhere(metric))).status === 202);
  }

  /** The metrics on the log, once every partition has its reading of `last`. */
  async function metricsUpTo(last: string): Promise<Set<string>> {
    const partitionsOf = new Map<string, Set<number>>();
    const tail = ingestion.log.tail({
      name: 'test',
      topics: [TOPICS.readings],
      sinceMs: 600_000,
      handle: (batch) => {
        for (const { metric, partition } of readingsIn(batch)) {
          partitionsOf.set(metric, (partitionsOf.get(metric) ?? new Set()).add(partition));
        }
      },
    });
    await tail.start();
    await waitFor(`${last} everywhere`, () => partitionsOf.get(last)?.size === DEFAULT_PARTITIONS);
    await tail.stop();
    return new Set(partitionsOf.keys());
  }

  test('a broker that is away is a 503 with Retry-After within five seconds, and no partition has any of it', async () => {
    expect((await ingestion.post(everywhere('before'))).status).toBe(202);
    await broker.kill();
    await Promise.all([expectRefusalInTime('refused'), expectRefusalInTime('refused')]);
    await broker.restart();
    await untilTaken('after');
    expect(await metricsUpTo('after')).toEqual(new Set(['before', 'after']));
  });

  test('so is one that is frozen; sent again, the same request is taken', async () => {
    process.kill(broker.pid!, 'SIGSTOP');
    try {
      // A signal takes a moment: what comes before is still taken.
      await waitFor('a 503', async () => (await ingestion.post(everywhere('frozen'))).status === 503);
      await expectRefusalInTime('frozen');
    } finally {
      process.kill(broker.pid!, 'SIGCONT');
    }
    await untilTaken('frozen');
  });
});
