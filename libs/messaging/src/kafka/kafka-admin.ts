import { type Admin, KafkaJSProtocolError } from 'kafkajs';
import { delay } from '../delivery/backoff';
import { UnknownTopicError } from '../port/errors';
import { connectionSecurity } from './connection-security';
import { type ClientOptions, createKafkaClient, type KafkaClient } from './kafka-client';
import { refusal } from './refusal';
import { within } from './within';

const ANSWER_TIMEOUT_MS = 3_000;
const ASK_AGAIN_MS = 100;

/** First record that the log still has, and the offset that the next one gets. */
export interface Watermarks {
  readonly low: bigint;
  readonly high: bigint;
}

/** Questions to the broker. Connects when first asked, and anew after an error. */
export class KafkaAdmin {
  private connection: Promise<{ client: KafkaClient; admin: Admin }> | undefined;
  private readonly watermarkReads = new Map<string, Promise<Map<number, Watermarks>>>();

  constructor(private readonly options: ClientOptions) {}

  /** Throws `LogUnavailableError` when no broker answers. */
  async ping(): Promise<void> {
    await this.ask((admin) => admin.describeCluster());
  }

  /** Throws `UnknownTopicError` when the topic was not created, `LogUnavailableError` when no broker answers. */
  async partitionCount(topic: string): Promise<number> {
    const topics = await this.ask((admin) =>
      admin.fetchTopicMetadata({ topics: [topic] }).catch((error: unknown) => {
        if (isUnknownTopic(error)) return { topics: [] };
        throw error;
      }),
    );
    const count = topics.topics[0]?.partitions.length ?? 0;
    if (count === 0) throw new UnknownTopicError(`the topic ${topic} was not created`);
    return count;
  }

  /** By partition. Callers at the same time share one request. */
  watermarks(topic: string): Promise<Map<number, Watermarks>> {
    const running = this.watermarkReads.get(topic);
    if (running) return running;
    const read = this.ask((admin) => admin.fetchTopicOffsets(topic))
      .then((rows) => new Map(rows.map((row) => [row.partition, toWatermarks(row)])))
      .finally(() => this.watermarkReads.delete(topic));
    this.watermarkReads.set(topic, read);
    return read;
  }

  /** By partition, the first record that was appended at `sinceMs` (milliseconds since the epoch) or later, or the end. */
  async offsetsSince(topic: string, sinceMs: number): Promise<Map<number, bigint>> {
    const rows = await this.ask((admin) => admin.fetchTopicOffsetsByTimestamp(topic, sinceMs));
    return new Map(rows.map(({ partition, offset }) => [partition, BigInt(offset)]));
  }

  /** Removes the group of a tail, which nobody will ever join again. Best effort. */
  async deleteGroup(groupId: string): Promise<void> {
    await this.ask((admin) => admin.deleteGroups([groupId])).catch(() => undefined);
  }

  async close(): Promise<void> {
    const connection = this.connection;
    this.connection = undefined;
    await release(connection);
  }

  private async ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    const deadline = Date.now() + ANSWER_TIMEOUT_MS;
    for (;;) {
      const connection = (this.connection ??= this.connect());
      try {
        return await within(
          connection.then(({ admin }) => question(admin)),
          deadline - Date.now(),
        );
      } catch (error) {
        if (this.connection === connection) this.connection = undefined;
        void release(connection);
        if (!isPassing(error) || Date.now() + ASK_AGAIN_MS >= deadline) {
          throw refusal(error, connectionSecurity(this.options.security));
        }
        await delay(ASK_AGAIN_MS);
      }
    }
  }

  private async connect(): Promise<{ client: KafkaClient; admin: Admin }> {
    // With more tries the time would be over before it is said what is wrong.
    const client = createKafkaClient({ ...this.options, requestTimeoutMs: ANSWER_TIMEOUT_MS, retries: 2 });
    const admin = client.kafka.admin();
    await admin.connect();
    return { client, admin };
  }
}

async function release(
  connection: Promise<{ client: KafkaClient; admin: Admin }> | undefined,
): Promise<void> {
  try {
    const opened = await connection;
    opened?.client.cut();
    await opened?.admin.disconnect();
  } catch {
    // It was never open, or it is closed already.
  }
}

/** A partition has no leader for a moment, after a broker has come back. kafkajs asks again for some questions, and not for all. */
function isPassing(error: unknown): boolean {
  return error instanceof KafkaJSProtocolError && error.retriable;
}

function isUnknownTopic(error: unknown): boolean {
  return error instanceof Error && 'type' in error && error.type === 'UNKNOWN_TOPIC_OR_PARTITION';
}

function toWatermarks({ low, high }: { low: string; high: string }): Watermarks {
  return { low: BigInt(low), high: BigInt(high) };
}
