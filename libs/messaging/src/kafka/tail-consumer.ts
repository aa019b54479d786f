import { describeError, type MessagingLogger } from '../logger';
import { tailFaults } from '../metrics';
import type { Delivery } from '../delivery/partition-runner';
import type { LogBatch, LogConsumer, Tail } from '../port/log';
import type { PartitionWorker } from './assigned-partition';
import type { KafkaAdmin } from './kafka-admin';
import { KafkaBatchServer } from './kafka-batch-server';
import type { KafkaClient } from './kafka-client';

/** A fetch returns with the first byte that arrives (measured: 1.3 ms from append to tail); this is only how long it waits for nothing. */
const MAX_WAIT_MS = 200;
const MAX_BATCH_BYTES = 1024 * 1024;
/** The least that brokers admit: after an outage the group has to wait for its former member, which was this one. */
const MAX_SESSION_TIMEOUT_MS = 6_000;

export interface TailConsumerOptions {
  readonly client: KafkaClient;
  readonly admin: KafkaAdmin;
  readonly logger: MessagingLogger;
  /** Unique in the cluster: each tail is a group of its own, with all partitions. */
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  readonly maxSilenceMs: number;
  readonly onFatal: (error: Error) => void;
}

/** Reads everything of some topics from a point in time on. */
export class TailConsumer implements LogConsumer {
  private readonly server: KafkaBatchServer;
  /** Where each partition goes on; also across reconnections. */
  private readonly places = new Map<string, Map<number, bigint>>();

  constructor(
    private readonly tail: Tail,
    private readonly options: TailConsumerOptions,
  ) {
    const { client, admin, groupId, logger, sessionTimeoutMs, maxSilenceMs, onFatal } = options;
    this.server = new KafkaBatchServer({
      client,
      groupId,
      topics: tail.topics,
      logger,
      sessionTimeoutMs: Math.min(sessionTimeoutMs, MAX_SESSION_TIMEOUT_MS),
      maxSilenceMs,
      onFatal,
      concurrency: 1,
      maxWaitMs: MAX_WAIT_MS,
      minBatchBytes: 1,
      maxBatchBytes: MAX_BATCH_BYTES,
      createWorker: (topic, partition) => this.createWorker(topic, partition),
      locate: (_, __, wanted) => Promise.resolve(wanted),
      onGap: (topic, partition, { expected, found }) =>
        logger.warn(
          `${tail.name}: ${(found - expected).toString()} records of ${topic}/${partition} are not in the log any more`,
        ),
      probe: () => admin.ping(),
    });
  }

  /** Resolves when the place to begin at is found: what is appended later is seen. */
  async start(): Promise<void> {
    const { admin } = this.options;
    const { topics, sinceMs } = this.tail;
    const from = Date.now() - sinceMs;
    for (const topic of topics) {
      this.places.set(topic, sinceMs > 0 ? await admin.offsetsSince(topic, from) : await this.ends(topic));
    }
    try {
      await this.server.join();
    } catch (error) {
      await this.server.leave();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.server.leave();
    await this.options.admin.deleteGroup(this.options.groupId);
  }

  health(): ReturnType<LogConsumer['health']> {
    return this.server.health();
  }

  private async ends(topic: string): Promise<Map<number, bigint>> {
    const watermarks = await this.options.admin.watermarks(topic);
    return new Map([...watermarks].map(([partition, { high }]) => [partition, high]));
  }

  private createWorker(topic: string, partition: number): PartitionWorker {
    const offsets = this.places.get(topic)!;
    // A partition that was added later begins at its first record.
    const done = (): Delivery => ({ kind: 'done', nextOffset: offsets.get(partition) ?? 0n });
    return {
      open: () => Promise.resolve(offsets.get(partition) ?? 0n),
      deliver: async (batch) => {
        await this.handle(batch);
        offsets.set(partition, batch.nextOffset);
        return done();
      },
      tick: () => Promise.resolve(done()),
      close: () => Promise.resolve(),
      abort: () => undefined,
    };
  }

  private async handle(batch: LogBatch): Promise<void> {
    try {
      await this.tail.handle(batch);
    } catch (error) {
      const { topic, partition, records } = batch;
      tailFaults.inc({ tail: this.tail.name, topic });
      this.options.logger.error(
        `${this.tail.name}: lost ${records.length} records of ${topic}/${partition}: ${describeError(error)}`,
      );
    }
  }
}
