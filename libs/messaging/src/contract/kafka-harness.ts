import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TOPICS } from '@tidewatch/contracts';
import { createTestDatabase, type KafkaBroker, startKafka } from '@tidewatch/testing';
import { Kafka, logLevel } from 'kafkajs';
import type { MessageLogHarness } from './harness';
import { createMessageLog, ensureTopics } from '../create-message-log';
import type { MessagingLogger } from '../logger';
import type { KafkaLogOptions } from '../options';
import { groupOf } from '../kafka/group-consumer';

export interface KafkaHarness extends MessageLogHarness {
  readonly broker: KafkaBroker;
  /** Lines that the logs under test have written. */
  readonly lines: { level: 'log' | 'warn' | 'error'; line: string }[];
  readonly options: (overrides?: Partial<KafkaLogOptions>) => KafkaLogOptions;
  /** kafkajs itself, to see what is on the broker and to play tricks. */
  readonly kafka: Kafka;
}

/**
 * A broker of its own (so that tests may stop and kill it) and a database of its own, with short sessions. The broker would make
 * any topic that it is asked for, as many do: that none appears by accident is up to us.
 */
export async function createKafkaHarness(): Promise<KafkaHarness> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'tidewatch-kafka-'));
  const [broker, database] = await Promise.all([
    startKafka({ dataDir, autoCreateTopics: true }),
    createTestDatabase(),
  ]);
  const lines: KafkaHarness['lines'] = [];
  const say = (level: 'log' | 'warn' | 'error') => (line: string) => void lines.push({ level, line });
  const logger: MessagingLogger = { log: say('log'), warn: say('warn'), error: say('error') };
  const options: KafkaHarness['options'] = (overrides) => ({
    driver: 'kafka',
    brokers: [broker.brokers],
    clientId: 'tidewatch-test',
    instanceId: `test-${randomBytes(4).toString('hex')}`,
    pool: database.pool,
    sessionTimeoutMs: 6_000,
    logger,
    ...overrides,
  });
  const kafka = new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING });
  let topics = 0;
  const createTopic = async (partitions: number): Promise<string> => {
    topics += 1;
    const topic = `contract-${topics}.v1`;
    await ensureTopics(options(), { topics: [topic], partitions });
    return topic;
  };
  await ensureTopics(options(), { topics: [TOPICS.deadLetters], partitions: 3 });
  return {
    pool: database.pool,
    takeoverMs: 30_000,
    broker,
    lines,
    options,
    kafka,
    createLog: (overrides) => createMessageLog(options(overrides)),
    createTopic,
    interrupt: async () => {
      await broker.kill();
      return () => broker.restart();
    },
    misleadBroker: async (consumer, topic, offset) => {
      const admin = kafka.admin();
      await admin.connect();
      await admin.setOffsets({
        groupId: groupOf({ consumer, topic }),
        topic,
        partitions: [{ partition: 0, offset: offset.toString() }],
      });
      await admin.disconnect();
    },
    close: async () => {
      await broker.kill();
      await rm(dataDir, { recursive: true, force: true });
      await database.drop();
    },
  };
}
