import { createRequire } from 'node:module';
import type { KafkaConfig, Logger } from 'kafkajs';
import { delay } from '../delivery/backoff';
import type { KafkaClient } from './kafka-client';
import { WireReader } from './wire-reader';

/**
 * The one question that kafkajs 2.2.4 can't ask: its metadata requests end at version 6, ids of topics came with version 10.
 * It is put through a connection of kafkajs all the same, which is encrypted and logged in as all others are.
 * @see https://kafka.apache.org/protocol.html (Metadata 10)
 */
const METADATA = { apiKey: 3, apiVersion: 10, apiName: 'Metadata' };

const DEADLINE_MS = 30_000;
const ASK_AGAIN_MS = 100;
const NONE = '0'.repeat(32);

/** What is used of kafkajs' inner classes. */
interface Cluster {
  readonly brokerPool: {
    readonly seedBroker: { readonly connectionPool: { send(question: Question): Promise<string> } };
    readonly versions: Readonly<Record<number, { readonly maxVersion: number }>>;
  };
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}
interface Question {
  readonly request: typeof METADATA & { encode(): { readonly buf: Buffer; readonly buffer: Buffer } };
  readonly response: { decode(answer: Buffer): { id: string }; parse(decoded: { id: string }): string };
}

const ClusterOfKafkajs = createRequire(__filename)('kafkajs/src/cluster') as new (
  options: KafkaConfig & { logger: Logger; allowAutoTopicCreation: boolean },
) => Cluster;

/**
 * The id that the broker gave the topic when it was made: 32 hexadecimal digits, or empty on a broker that gives none (before Kafka 2.8).
 * Throws when none of the brokers answers within 30 s, or the topic does not exist.
 */
export async function topicId({ config, kafka }: KafkaClient, topic: string): Promise<string> {
  const cluster = new ClusterOfKafkajs({ ...config, logger: kafka.logger(), allowAutoTopicCreation: false });
  const deadline = Date.now() + DEADLINE_MS;
  try {
    for (;;) {
      try {
        await cluster.connect();
        return await ask(cluster, topic);
      } catch (error) {
        // It may also be that this broker has not heard of a new topic yet.
        if (Date.now() + ASK_AGAIN_MS >= deadline) throw error;
      }
      await delay(ASK_AGAIN_MS);
    }
  } finally {
    await cluster.disconnect();
  }
}

async function ask(cluster: Cluster, topic: string): Promise<string> {
  const { seedBroker, versions } = cluster.brokerPool;
  if ((versions[METADATA.apiKey]?.maxVersion ?? 0) < METADATA.apiVersion) return '';
  const body = metadataBody(topic);
  const id = await seedBroker.connectionPool.send({
    // The form of kafkajs' own encoder.
    request: { ...METADATA, encode: () => ({ buf: body, buffer: body }) },
    response: { decode: (answer) => ({ id: idIn(new WireReader(answer)) }), parse: (decoded) => decoded.id },
  });
  if (id === NONE) throw new Error(`the broker knows no topic ${topic}`);
  return id;
}

function metadataBody(topic: string): Buffer {
  const name = Buffer.from(topic, 'utf8');
  if (name.length > 126) throw new RangeError(`the name of the topic ${topic} is too long`);
  return Buffer.concat([
    // From version 9 on the header, which kafkajs writes, also ends with tagged fields; one topic; no id.
    Buffer.from([0, 2]),
    Buffer.alloc(16),
    Buffer.from([name.length + 1]),
    name,
    // Tagged fields of the topic; no creation, no operations of cluster or topic; tagged fields.
    Buffer.from([0, 0, 0, 0, 0]),
  ]);
}

/** Behind length and correlation, which kafkajs reads. */
function idIn(answer: WireReader): string {
  answer.skipTaggedFields();
  answer.int32();
  for (let brokers = answer.unsignedVarint() - 1; brokers > 0; brokers--) {
    answer.int32();
    answer.compactString();
    answer.int32();
    answer.compactString();
    answer.skipTaggedFields();
  }
  answer.compactString();
  answer.int32();
  answer.unsignedVarint();
  answer.int16();
  answer.compactString();
  return answer.uuid();
}
