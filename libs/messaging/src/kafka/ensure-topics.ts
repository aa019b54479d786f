import { type Admin, ConfigResourceTypes, ConfigSource, KafkaJSAggregateError } from 'kafkajs';
import { refuseReplacedLog } from '../checkpoints/refuse-replaced-log';
import { delay } from '../delivery/backoff';
import { defaultLogger, describeError } from '../logger';
import type { KafkaLogOptions } from '../options';
import type { EnsuredTopic, TopicSettings } from '../topic-settings';
import { createKafkaClient } from './kafka-client';
import { refusal } from './refusal';
import { topicId } from './topic-id';

/** A batch of the producer is one record batch per partition, and this bounds record batches: see `AppendQueue`. */
export const MAX_RECORD_BATCH_BYTES = 2 * 1024 * 1024;

const USABLE_DEADLINE_MS = 30_000;
const USABLE_POLL_MS = 100;

/** Creates topics and grows them; corrects the settings that the platform needs and leaves all others alone. Then as `refuseReplacedLog`. */
export async function ensureKafkaTopics(
  options: KafkaLogOptions,
  settings: Required<TopicSettings>,
): Promise<EnsuredTopic[]> {
  const { brokers, clientId, security, logger = defaultLogger() } = options;
  const client = createKafkaClient({ brokers, clientId, security, logger, requestTimeoutMs: 30_000 });
  const admin = client.kafka.admin();
  await admin.connect().catch((error: unknown) => {
    throw refusal(error, client.config);
  });
  try {
    const existing = new Set(await admin.listTopics());
    const ensured: EnsuredTopic[] = [];
    for (const topic of settings.topics) {
      ensured.push(
        existing.has(topic)
          ? await adjustTopic(admin, topic, settings)
          : await createTopic(admin, topic, settings),
      );
    }
    const { clusterId } = await admin.describeCluster();
    await refuseReplacedLog(options.pool, settings.topics, {
      identity: async (topic) => `kafka ${clusterId}/${await topicId(client, topic)}`,
      ends: (topic) => endsOf(admin, topic),
    });
    return ensured;
  } finally {
    await admin.disconnect();
  }
}

async function endsOf(admin: Admin, topic: string): Promise<Map<number, bigint>> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
}

/**
 * The time of a record is when the log took it: event times may be years off, and retention and tails go by this time.
 * With three or more copies an append is acknowledged when two have it, so that one broker may be away.
 */
function topicConfig(replication: number): Record<string, string> {
  return {
    'message.timestamp.type': 'LogAppendTime',
    // As it was sent. A broker that compresses by itself may do it in a way which kafkajs can't read.
    'compression.type': 'producer',
    // Records with the same key are not versions of each other.
    'cleanup.policy': 'delete',
    'max.message.bytes': String(MAX_RECORD_BATCH_BYTES),
    'min.insync.replicas': String(replication >= 3 ? 2 : 1),
  };
}

async function createTopic(
  admin: Admin,
  topic: string,
  { partitions, replication }: Required<TopicSettings>,
): Promise<EnsuredTopic> {
  const configEntries = Object.entries(topicConfig(replication)).map(([name, value]) => ({ name, value }));
  const created = await admin
    .createTopics({
      waitForLeaders: false,
      topics: [{ topic, numPartitions: partitions, replicationFactor: replication, configEntries }],
    })
    .catch((error: unknown) => {
      // Its own message is "Topic creation errors", and nothing more.
      const reasons = error instanceof KafkaJSAggregateError ? error.errors : [error];
      throw new Error(`${topic} was not created: ${reasons.map(describeError).join('; ')}`, { cause: error });
    });
  await untilUsable(admin, topic);
  // Somebody else created it at the same moment; their settings are as good as ours.
  return { topic, partitions, outcome: created ? 'created' : 'unchanged' };
}

/** A busy broker learns of a new topic some time after the controller has made it; kafkajs' own waiting takes that for an error. */
async function untilUsable(admin: Admin, topic: string): Promise<void> {
  const deadline = Date.now() + USABLE_DEADLINE_MS;
  for (;;) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      if (topics[0]?.partitions.every(({ leader }) => leader >= 0)) return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await delay(USABLE_POLL_MS);
  }
}

async function adjustTopic(
  admin: Admin,
  topic: string,
  { partitions }: Required<TopicSettings>,
): Promise<EnsuredTopic> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const existing = topics[0]?.partitions ?? [];
  await adjustConfig(admin, topic, existing[0]?.replicas.length ?? 1);
  if (existing.length >= partitions) return { topic, partitions: existing.length, outcome: 'unchanged' };
  await admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] });
  return { topic, partitions, outcome: 'grown' };
}

/** The request replaces all settings of the topic, so those that somebody else has made are sent again. */
async function adjustConfig(admin: Admin, topic: string, replication: number): Promise<void> {
  const resource = { type: ConfigResourceTypes.TOPIC, name: topic };
  const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false });
  const entries = resources[0]?.configEntries ?? [];
  const wanted = topicConfig(replication);
  const current = new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
  if (Object.entries(wanted).every(([name, value]) => current.get(name) === value)) return;
  const kept = entries.filter(({ configSource }) => configSource === ConfigSource.TOPIC_CONFIG);
  const merged = {
    ...Object.fromEntries(kept.map(({ configName, configValue }) => [configName, configValue])),
    ...wanted,
  };
  const configEntries = Object.entries(merged).map(([name, value]) => ({ name, value }));
  await admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries }] });
}
