import { randomBytes } from 'node:crypto';
import { CheckpointStore } from '../checkpoints/checkpoint-store';
import { deadLetterAppender } from '../delivery/dead-letter';
import { defaultLogger, type MessagingLogger } from '../logger';
import { appendDuration, appendedBytes, appendedRecords, appendFailures } from '../metrics';
import { DEFAULT_APPEND_DEADLINE_MS, DEFAULT_MAX_IN_FLIGHT_BYTES, type KafkaLogOptions } from '../options';
import { LogOverloadedError } from '../port/errors';
import { checkPartition } from '../port/check-partition';
import type { LogConsumer, LogRecord, MessageLog, Subscription, Tail } from '../port/log';
import { MAX_RECORD_BATCH_BYTES } from './ensure-topics';
import { exitProcess } from './exit-process';
import { GroupConsumer } from './group-consumer';
import { KafkaAdmin } from './kafka-admin';
import { KafkaAppender } from './kafka-appender';
import { type ClientOptions, createKafkaClient } from './kafka-client';
import { TailConsumer } from './tail-consumer';

const DEFAULT_SESSION_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_SILENCE_MS = 60_000;
const DEFAULT_CONCURRENCY = 4;
/** What a record takes beside its value, headers and key; a guess from above, so that many tiny ones are bounded too. */
const RECORD_OVERHEAD_BYTES = 256;

/** The log on Kafka. Connects when it is first used. */
export class KafkaMessageLog implements MessageLog {
  private readonly logger: MessagingLogger;
  private readonly client: ClientOptions;
  private readonly admin: KafkaAdmin;
  private readonly appender: KafkaAppender;
  private readonly partitionCounts = new Map<string, Promise<number>>();
  private readonly consumers = new Set<LogConsumer>();
  private isFatal = false;
  private closed: Promise<void> | undefined;

  constructor(private readonly options: KafkaLogOptions) {
    this.logger = options.logger ?? defaultLogger();
    const { brokers, clientId, security } = options;
    this.client = { brokers, clientId, security, logger: this.logger };
    this.admin = new KafkaAdmin(this.client);
    this.appender = new KafkaAppender({
      ...this.client,
      deadlineMs: options.appendDeadlineMs ?? DEFAULT_APPEND_DEADLINE_MS,
      maxInFlightBytes: options.maxInFlightBytes ?? DEFAULT_MAX_IN_FLIGHT_BYTES,
      compression: options.compression ?? 'none',
    });
  }

  partitionCount(topic: string): Promise<number> {
    let count = this.partitionCounts.get(topic);
    if (!count) {
      count = this.admin.partitionCount(topic);
      count.catch(() => this.partitionCounts.delete(topic));
      this.partitionCounts.set(topic, count);
    }
    return count;
  }

  async endOffset(topic: string, partition: number): Promise<bigint> {
    checkPartition(topic, partition, await this.partitionCount(topic));
    return (await this.admin.watermarks(topic)).get(partition)!.high;
  }

  async append(topic: string, records: readonly LogRecord[]): Promise<void> {
    if (records.length === 0) return;
    checkRecords(topic, records, await this.partitionCount(topic));
    const endTimer = appendDuration.startTimer({ topic });
    try {
      await this.appender.append(topic, records, sizeOf);
    } catch (error) {
      const kind = error instanceof LogOverloadedError ? 'overloaded' : 'unavailable';
      appendFailures.inc({ topic, error: kind });
      throw error;
    } finally {
      endTimer();
    }
    appendedRecords.inc({ topic }, records.length);
    appendedBytes.inc(
      { topic },
      records.reduce((sum, { value }) => sum + value.length, 0),
    );
  }

  consume(subscription: Subscription): LogConsumer {
    const { options, admin, logger } = this;
    const consumer = new GroupConsumer(subscription, {
      client: createKafkaClient(this.client),
      admin,
      logger,
      pool: options.pool,
      checkpoints: new CheckpointStore(options.pool),
      deadLetter: deadLetterAppender(this),
      instanceId: options.instanceId,
      ...this.consumerSettings(),
    });
    return this.onlyExisting(consumer, [subscription.topic]);
  }

  tail(tail: Tail): LogConsumer {
    const { options, admin, logger } = this;
    const groupId = `tail-${tail.name}-${options.instanceId}-${randomBytes(3).toString('hex')}`;
    const consumer = new TailConsumer(tail, {
      client: createKafkaClient(this.client),
      admin,
      logger,
      groupId,
      ...this.consumerSettings(),
    });
    return this.onlyExisting(consumer, tail.topics);
  }

  ping(): Promise<void> {
    return this.admin.ping();
  }

  close(): Promise<void> {
    this.closed ??= this.appender.close().then(() => this.admin.close());
    return this.closed;
  }

  private consumerSettings() {
    return {
      sessionTimeoutMs: this.options.sessionTimeoutMs ?? DEFAULT_SESSION_TIMEOUT_MS,
      maxSilenceMs: this.options.maxSilenceMs ?? DEFAULT_MAX_SILENCE_MS,
      concurrency: this.options.concurrency ?? DEFAULT_CONCURRENCY,
      onFatal: (error: Error) => this.fatal(error),
    };
  }

  private fatal(error: Error): void {
    if (this.isFatal) return;
    this.isFatal = true;
    if (this.options.onFatal) this.options.onFatal(error);
    else exitProcess(error, this.logger, [...this.consumers]);
  }

  private onlyExisting(consumer: LogConsumer, topics: readonly string[]): LogConsumer {
    return {
      start: async () => {
        for (const topic of topics) await this.partitionCount(topic);
        this.consumers.add(consumer);
        await consumer.start();
      },
      stop: async () => {
        await consumer.stop();
        this.consumers.delete(consumer);
      },
      health: () => consumer.health(),
    };
  }
}

function sizeOf({ key, value, headers = {} }: LogRecord): number {
  let bytes = RECORD_OVERHEAD_BYTES + value.length + 3 * key.length;
  for (const [name, text] of Object.entries(headers)) bytes += 3 * (name.length + text.length);
  return bytes;
}

function checkRecords(topic: string, records: readonly LogRecord[], partitions: number): void {
  for (const record of records) {
    checkPartition(topic, record.partition, partitions);
    if (sizeOf(record) > MAX_RECORD_BATCH_BYTES) {
      throw new RangeError(`a record of ${sizeOf(record)} bytes is too large for ${topic}`);
    }
  }
}
