import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { DEFAULT_PARTITIONS } from '@tidewatch/contracts';
import { describeWithKafka, waitFor } from '@tidewatch/testing';
import { type Admin, ConfigResourceTypes, type ITopicConfig } from 'kafkajs';
import { ContractBench, record, records } from '../contract/contract-bench';
import { createKafkaHarness, type KafkaHarness } from '../contract/kafka-harness';
import { ensureTopics } from '../create-message-log';
import { LogReplacedError } from '../port/errors';

describeWithKafka('topics on Kafka', () => {
  let harness: KafkaHarness;
  let bench: ContractBench;
  let admin: Admin;

  beforeAll(async () => {
    harness = await createKafkaHarness();
    bench = new ContractBench(harness);
    admin = harness.kafka.admin();
    await admin.connect();
  }, 120_000);
  afterEach(async () => {
    await bench.clear();
  });
  afterAll(async () => {
    await admin.disconnect();
    await harness.close();
  });

  async function configOf(topic: string): Promise<Record<string, string>> {
    const resource = { type: ConfigResourceTypes.TOPIC, name: topic };
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] });
    return Object.fromEntries(
      resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
    );
  }

  const OURS = {
    'message.timestamp.type': 'LogAppendTime',
    'max.message.bytes': '2097152',
    'min.insync.replicas': '1',
    'compression.type': 'producer',
    'cleanup.policy': 'delete',
  };

  test('are made with twelve partitions and the settings that the platform needs', async () => {
    const topic = 'default.v1';
    expect(await ensureTopics(harness.options(), { topics: [topic] })).toEqual([
      { topic, partitions: DEFAULT_PARTITIONS, outcome: 'created' },
    ]);
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    expect(topics[0]!.partitions).toHaveLength(12);
    expect(await configOf(topic)).toMatchObject(OURS);
  });

  test('are not made with more copies than there are brokers', async () => {
    const wanted = { topics: ['copies.v1'], partitions: 1, replication: 3 };
    await expect(ensureTopics(harness.options(), wanted)).rejects.toThrow(
      /^copies.v1 was not created: .*Replication/,
    );
    expect(await admin.listTopics()).not.toContain('copies.v1');
  });

  // The broker would make each of them by itself.
  test('are made by the admin step only: not by an append, a consumer, a tail or a look at them', async () => {
    const topic = 'missing.v1';
    const log = bench.log();
    const handle = (): void => undefined;
    await expect(log.partitionCount(topic)).rejects.toThrow('was not created');
    await expect(log.append(topic, [record(0, 'x')])).rejects.toThrow('was not created');
    const subscription = bench.subscription({ consumer: bench.name('c'), topic });
    await expect(log.consume(subscription).start()).rejects.toThrow('was not created');
    await expect(log.tail({ name: 't', topics: [topic], sinceMs: 0, handle }).start()).rejects.toThrow(
      'was not created',
    );
    expect(await admin.listTopics()).not.toContain(topic);
  });

  test('grow, are corrected, and keep what others have set', async () => {
    const topic = 'foreign.v1';
    const options = harness.options();
    const configEntries = [
      { name: 'retention.ms', value: '1234567' },
      { name: 'compression.type', value: 'zstd' },
      { name: 'cleanup.policy', value: 'compact' },
    ];
    const foreign: ITopicConfig = { topic, numPartitions: 2, configEntries };
    await admin.createTopics({ topics: [foreign] });
    expect(await ensureTopics(options, { topics: [topic], partitions: 3 })).toEqual([
      { topic, partitions: 3, outcome: 'grown' },
    ]);
    expect(await ensureTopics(options, { topics: [topic], partitions: 2 })).toEqual([
      { topic, partitions: 3, outcome: 'unchanged' },
    ]);
    expect(await configOf(topic)).toMatchObject({ ...OURS, 'retention.ms': '1234567' });
    await bench.log().append(topic, records(3, 3));
    const offsets = await admin.fetchTopicOffsets(topic);
    expect(offsets.map(({ high }) => high)).toEqual(['1', '1', '1']);
  });

  test('are refused when they end before a checkpoint of the database', async () => {
    const topics = ['replaced.v1'];
    await ensureTopics(harness.options(), { topics, partitions: 1 });
    await bench.log().append('replaced.v1', records(3, 1));
    const checkpoint = (offset: number) =>
      harness.pool.query(
        `INSERT INTO checkpoints (consumer, topic, partition, next_offset) VALUES ('c', 'replaced.v1', 0, $1)
         ON CONFLICT (consumer, topic, partition) DO UPDATE SET next_offset = excluded.next_offset`,
        [offset],
      );
    await checkpoint(3);
    expect(await ensureTopics(harness.options(), { topics, partitions: 1 })).toHaveLength(1);
    await checkpoint(4);
    await expect(ensureTopics(harness.options(), { topics, partitions: 1 })).rejects.toThrow(
      LogReplacedError,
    );
  });

  test('are refused when they were deleted and made again, however long they are now', async () => {
    const settings = { topics: ['remade.v1'], partitions: 1 };
    const append = () => bench.log().append('remade.v1', records(5, 1));
    await ensureTopics(harness.options(), settings);
    await append();
    await harness.pool.query(
      `INSERT INTO checkpoints (consumer, topic, partition, next_offset) VALUES ('c', 'remade.v1', 0, 3)`,
    );
    expect(await ensureTopics(harness.options(), settings)).toHaveLength(1);
    await bench.clear();
    await admin.deleteTopics({ topics: ['remade.v1'] });
    await waitFor('the topic to be gone', async () => !(await admin.listTopics()).includes('remade.v1'));
    await admin.createTopics({ waitForLeaders: false, topics: [{ topic: 'remade.v1', numPartitions: 1 }] });
    await waitFor('the new topic', async () => (await admin.listTopics()).includes('remade.v1'));
    await append();
    await expect(ensureTopics(harness.options(), settings)).rejects.toThrow(
      /^remade.v1 was read from another log \(kafka \S+\/[0-9a-f]{32}\) than this one \(kafka /,
    );
  });

  test('are refused when the database was read from the embedded log', async () => {
    const settings = { topics: ['switched.v1'], partitions: 1 };
    const { pool } = harness;
    const connectionString = pool.options.connectionString!;
    await ensureTopics({ driver: 'postgres', pool, connectionString, instanceId: 'admin' }, settings);
    await pool.query(
      `WITH read AS (INSERT INTO checkpoints (consumer, topic, partition, next_offset) VALUES ('c', 'switched.v1', 0, 1))
       UPDATE log_partitions SET next_offset = 1 WHERE topic = 'switched.v1'`,
    );
    await admin.createTopics({ topics: [{ topic: 'switched.v1', numPartitions: 1 }] });
    await bench.log().append('switched.v1', records(5, 1));
    await expect(ensureTopics(harness.options(), settings)).rejects.toThrow(
      /^switched.v1 was read from another log \(postgres \S+\) than this one \(kafka /,
    );
  });
});
