import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import { type KafkaBroker, startKafka } from './kafka-broker';
import { describeWithKafka, testKafka } from './kafka-for-tests';

async function topicsOf(brokers: string): Promise<string[]> {
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

describeWithKafka('a broker of one’s own', () => {
  let dataDir: string;
  let broker: KafkaBroker;

  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'tidewatch-kafka-'));
    broker = await startKafka({ dataDir });
  }, 120_000);

  afterAll(async () => {
    await broker.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  test('keeps its data and port when it is killed and started again', async () => {
    const admin = new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 1 }] });
    await admin.disconnect();
    const { brokers, pid } = broker;

    await broker.kill();
    expect(broker.pid).toBeUndefined();
    expect(() => process.kill(pid!, 0)).toThrow('ESRCH');
    await broker.restart();

    expect(broker.brokers).toBe(brokers);
    expect(await topicsOf(brokers)).toEqual(['kept']);
  });

  test('refuses a port that is in use', async () => {
    await expect(startKafka({ dataDir, port: broker.port })).rejects.toThrow(
      `Port ${broker.port} of 127.0.0.1 is in use`,
    );
  });

  test('a shared broker is the same for all who ask', async () => {
    const [first, second] = await Promise.all([testKafka(), testKafka()]);
    expect(first).toEqual(second);
    expect(Array.isArray(await topicsOf(first.brokers))).toBe(true);
  }, 120_000);
});
