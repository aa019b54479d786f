import { CompressionTypes, type Message, type Producer, type TopicMessages } from 'kafkajs';
import { type ClientOptions, createKafkaClient, type KafkaClient } from './kafka-client';
import type { PartitionSend, Send } from './append-queue';

/** Enough to try until the deadline of the caller; the deadline ends it, see `KafkaProducer.discard`. */
const RETRIES = { initialRetryTime: 50, factor: 0.2, multiplier: 2, maxRetryTime: 500, retries: 20 };
/** A broker that holds a request for longer is taken for frozen, and the request is sent again. */
const REQUEST_TIMEOUT_MS = 2_500;

/**
 * One identity at the brokers (producer id) with its sequence numbers. Used for one request after the other, and for none after the first failure:
 *
 * - kafkajs counts a sequence number back when a request fails, although the broker may have taken it. The next records would go out
 *   under numbers which the broker has seen, and it would acknowledge them as repetitions without keeping them. So a failure ends
 *   the identity; a new one begins at 0 and nothing it sends can be mistaken.
 * - A request that was given up could still arrive. `discard` cuts the connections of the client, so that nothing of it
 *   is sent afterwards; what the broker has read by then may still be kept.
 *
 * So after a failure the log may hold records of calls which were rejected, before or after records of later calls. Both is what
 * "unknown" means: the caller sends again, a reading is identified by device, metric, tags and time and not by its place in the log,
 * outputs of processing carry ids made of their content, and a dead letter is identified by its origin. Among acknowledged records
 * of a partition the order is that of the calls.
 *
 * Retries within kafkajs keep identity and sequence, and always go to the partition of the message.
 */
export class KafkaProducer {
  private readonly client: KafkaClient;
  private readonly producer: Producer;

  constructor(
    options: ClientOptions,
    private readonly compression: CompressionTypes,
  ) {
    this.client = createKafkaClient({ ...options, requestTimeoutMs: REQUEST_TIMEOUT_MS });
    this.producer = this.client.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: RETRIES,
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition!,
    });
  }

  connect(): Promise<void> {
    return this.producer.connect();
  }

  /** Resolves when all in-sync replicas have everything. */
  async send(send: Send, timeoutMs: number): Promise<void> {
    const acknowledged = await this.producer.sendBatch({
      acks: -1,
      timeout: timeoutMs,
      compression: this.compression,
      topicMessages: toTopicMessages(send.partitions),
    });
    // A retry leaves out brokers that have answered. When a partition moves to one of them meanwhile, nobody sends it, and
    // kafkajs reports success.
    const places = new Set(acknowledged.map(({ topicName, partition }) => `${partition} ${topicName}`));
    for (const { topic, partition } of send.partitions) {
      if (!places.has(`${partition} ${topic}`)) throw new Error(`${topic}/${partition} was not acknowledged`);
    }
  }

  /** Ends it gracefully. */
  async close(): Promise<void> {
    await this.producer.disconnect();
  }

  /** Ends it at once: nothing of it reaches a broker any more. */
  discard(): void {
    this.client.cut();
    this.producer.disconnect().catch(() => undefined);
  }
}

function toTopicMessages(partitions: readonly PartitionSend[]): TopicMessages[] {
  const byTopic = new Map<string, Message[]>();
  for (const { topic, partition, records } of partitions) {
    let messages = byTopic.get(topic);
    if (!messages) byTopic.set(topic, (messages = []));
    for (const { record } of records) {
      const { buffer, byteOffset, byteLength } = record.value;
      messages.push({
        partition,
        key: record.key,
        value: Buffer.from(buffer, byteOffset, byteLength),
        headers: { ...record.headers },
        // No timestamp, ever: the topic's is LogAppendTime.
      });
    }
  }
  return [...byTopic].map(([topic, messages]) => ({ topic, messages }));
}
