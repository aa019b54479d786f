import { Pool } from 'pg';
import { CheckpointStore } from '../checkpoints/checkpoint-store';
import { deadLetterAppender } from '../delivery/dead-letter';
import { defaultLogger, type MessagingLogger } from '../logger';
import { appendDuration, appendedBytes, appendedRecords, appendFailures } from '../metrics';
import { DEFAULT_APPEND_DEADLINE_MS, DEFAULT_MAX_IN_FLIGHT_BYTES, type PostgresLogOptions } from '../options';
import { LogOverloadedError, LogUnavailableError, UnknownTopicError } from '../port/errors';
import { checkPartition } from '../port/check-partition';
import type { LogConsumer, LogRecord, MessageLog, Subscription, Tail } from '../port/log';
import { Appender } from './appender';
import { GroupConsumer } from './group-consumer';
import { Listener } from './listener';
import { readWatermarks } from './record-reader';
import { RecordNotifier } from './record-notifier';
import { Retention } from './retention';
import { TailConsumer } from './tail-consumer';

const CONNECTIONS = 6;
const CONNECT_TIMEOUT_MS = 2_000;
/** The database ends a statement by itself at the deadline; without an answer for this time more, it is gone. */
const ANSWER_MARGIN_MS = 1_000;
const DEFAULT_LEASE_MS = 10_000;
const DEFAULT_POLL_MS = 1_000;
const DEFAULT_CONCURRENCY = 4;
const DEFAULT_RETENTION_MS = 60 * 60 * 1_000;
/** A guess at what a record takes beside its value, so that many tiny ones are bounded too. */
const RECORD_OVERHEAD_BYTES = 256;

/** The embedded log: tables of the platform's own PostgreSQL. */
export class PostgresMessageLog implements MessageLog {
  private readonly pool: Pool;
  private readonly logger: MessagingLogger;
  private readonly listener: Listener;
  private readonly notifier: RecordNotifier;
  private readonly appender: Appender;
  private readonly retention: Retention;
  private readonly partitionCounts = new Map<string, Promise<number>>();
  private closed: Promise<void> | undefined;

  constructor(private readonly options: PostgresLogOptions) {
    const deadlineMs = options.appendDeadlineMs ?? DEFAULT_APPEND_DEADLINE_MS;
    const name = `${options.pool.options.application_name ?? 'tidewatch'}-log`;
    this.logger = options.logger ?? defaultLogger();
    this.pool = createLogPool(options.connectionString, name, deadlineMs);
    this.pool.on('error', (error) => this.logger.warn(`an idle connection broke: ${error.message}`));
    this.listener = new Listener(options.connectionString, name, this.logger);
    this.notifier = new RecordNotifier(this.pool);
    this.appender = new Appender({
      pool: this.pool,
      deadlineMs,
      maxInFlightBytes: options.maxInFlightBytes ?? DEFAULT_MAX_IN_FLIGHT_BYTES,
      onCommitted: (topics) => this.notifier.notify(topics),
    });
    this.retention = new Retention(this.pool, options.retentionMs ?? DEFAULT_RETENTION_MS, this.logger);
  }

  partitionCount(topic: string): Promise<number> {
    let count = this.partitionCounts.get(topic);
    if (!count) {
      count = this.readPartitionCount(topic);
      count.catch(() => this.partitionCounts.delete(topic));
      this.partitionCounts.set(topic, count);
    }
    return count;
  }

  async endOffset(topic: string, partition: number): Promise<bigint> {
    checkPartition(topic, partition, await this.partitionCount(topic));
    return (await unavailable(readWatermarks(this.pool, topic))).get(partition)!.nextOffset;
  }

  async append(topic: string, records: readonly LogRecord[]): Promise<void> {
    if (records.length === 0) return;
    const partitions = await this.partitionCount(topic);
    let valueBytes = 0;
    for (const { partition, value } of records) {
      checkPartition(topic, partition, partitions);
      valueBytes += value.length;
    }
    const endTimer = appendDuration.startTimer({ topic });
    const bytes = valueBytes + records.length * RECORD_OVERHEAD_BYTES;
    try {
      await this.appender.append({ topic, records, bytes });
    } catch (error) {
      const kind = error instanceof LogOverloadedError ? 'overloaded' : 'unavailable';
      appendFailures.inc({ topic, error: kind });
      throw error;
    } finally {
      endTimer();
    }
    appendedRecords.inc({ topic }, records.length);
    appendedBytes.inc({ topic }, valueBytes);
  }

  consume(subscription: Subscription): LogConsumer {
    const { options, pool, listener, logger } = this;
    this.retention.start();
    const consumer = new GroupConsumer(subscription, {
      pool,
      listener,
      logger,
      checkpoints: new CheckpointStore(options.pool),
      deadLetter: deadLetterAppender(this),
      instanceId: options.instanceId,
      leaseMs: options.leaseMs ?? DEFAULT_LEASE_MS,
      pollMs: options.pollMs ?? DEFAULT_POLL_MS,
      concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
    });
    return this.onlyExisting(consumer, [subscription.topic]);
  }

  tail(tail: Tail): LogConsumer {
    const { options, pool, listener, logger } = this;
    const pollMs = options.pollMs ?? DEFAULT_POLL_MS;
    return this.onlyExisting(new TailConsumer(tail, { pool, listener, logger, pollMs }), tail.topics);
  }

  async ping(): Promise<void> {
    await unavailable(this.pool.query('SELECT FROM log_partitions LIMIT 1'));
  }

  close(): Promise<void> {
    this.closed ??= this.closeOnce();
    return this.closed;
  }

  /** Drops records past their retention at once, instead of within a minute. Returns how many. */
  trim(): Promise<number> {
    return this.retention.trim();
  }

  private async closeOnce(): Promise<void> {
    await this.appender.flush();
    await this.notifier.flush();
    await this.retention.stop();
    await this.listener.close();
    await this.pool.end();
  }

  private async readPartitionCount(topic: string): Promise<number> {
    const watermarks = await unavailable(readWatermarks(this.pool, topic));
    if (watermarks.size === 0) throw new UnknownTopicError(`the topic ${topic} was not created`);
    return watermarks.size;
  }

  private onlyExisting(consumer: LogConsumer, topics: readonly string[]): LogConsumer {
    return {
      start: async () => {
        for (const topic of topics) await this.partitionCount(topic);
        await unavailable(consumer.start());
      },
      stop: () => consumer.stop(),
      health: () => consumer.health(),
    };
  }
}

function createLogPool(connectionString: string, name: string, deadlineMs: number): Pool {
  const pool = new Pool({
    connectionString,
    application_name: name,
    max: CONNECTIONS,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // What a caller has given up must not stay in the way of others; and an acknowledgement means that it is on disk.
    statement_timeout: deadlineMs,
    // A database that is gone without a word would hold readers, heartbeats and pings until TCP gives up.
    query_timeout: deadlineMs + ANSWER_MARGIN_MS,
    options: '-c synchronous_commit=on',
  });
  // A connection that breaks while it is checked out says so twice: the query rejects, and this event wants a listener.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

async function unavailable<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw new LogUnavailableError('the log database does not answer', { cause: error });
  }
}
