import type { Pool } from 'pg';
import type { CheckpointStore } from '../checkpoints/checkpoint-store';
import { PartitionRunner, type PartitionRunnerOptions } from '../delivery/partition-runner';
import type { MessagingLogger } from '../logger';
import { DEFAULT_MAX_BATCH_BYTES, DEFAULT_MAX_WAIT_MS } from '../options';
import type { LogConsumer, Subscription } from '../port/log';
import type { KafkaAdmin } from './kafka-admin';
import { KafkaBatchServer } from './kafka-batch-server';
import type { KafkaClient } from './kafka-client';
import { LagReport } from './lag-report';
import { PlaceCheck } from './place';

export interface GroupConsumerOptions {
  readonly client: KafkaClient;
  readonly admin: KafkaAdmin;
  readonly pool: Pool;
  readonly checkpoints: CheckpointStore;
  readonly deadLetter: PartitionRunnerOptions['deadLetter'];
  readonly logger: MessagingLogger;
  readonly instanceId: string;
  readonly sessionTimeoutMs: number;
  readonly concurrency: number;
  readonly maxSilenceMs: number;
  readonly onFatal: (error: Error) => void;
}

/** The group of a subscription. With the topic in it: members of one group must have the same topics. */
export function groupOf({ consumer, topic }: Pick<Subscription, 'consumer' | 'topic'>): string {
  return `${consumer}.${topic}`;
}

/** One subscription in one process. */
export class GroupConsumer implements LogConsumer {
  private readonly server: KafkaBatchServer;
  private readonly stopping = new AbortController();
  private readonly lag: LagReport;

  constructor(subscription: Subscription, options: GroupConsumerOptions) {
    const { consumer, topic } = subscription;
    const { client, admin, pool, logger, sessionTimeoutMs, concurrency, maxSilenceMs, onFatal } = options;
    const watermarks = (name: string) => admin.watermarks(name);
    const places = new PlaceCheck({ consumer, topic, logger, watermarks, signal: this.stopping.signal });
    this.server = new KafkaBatchServer({
      client,
      groupId: groupOf(subscription),
      topics: [topic],
      logger,
      sessionTimeoutMs,
      concurrency,
      maxSilenceMs,
      onFatal,
      maxWaitMs: subscription.maxWaitMs ?? DEFAULT_MAX_WAIT_MS,
      minBatchBytes: subscription.minBatchBytes ?? 1,
      maxBatchBytes: subscription.maxBatchBytes ?? DEFAULT_MAX_BATCH_BYTES,
      createWorker: (_, partition) => {
        const { checkpoints, deadLetter, instanceId } = options;
        return new PartitionRunner({
          subscription,
          partition,
          checkpoints,
          deadLetter,
          logger,
          owner: instanceId,
        });
      },
      locate: (_, partition, wanted) => places.locate(partition, wanted),
      onGap: (_, partition, { expected, found }) => places.alarm(partition, expected, found),
      probe: () => admin.ping(),
    });
    this.lag = new LagReport({ consumer, topic, pool, logger, watermarks, server: this.server });
  }

  async start(): Promise<void> {
    try {
      await this.server.join();
    } catch (error) {
      await this.server.leave();
      throw error;
    }
    this.lag.start();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.lag.stop(), this.server.leave()]);
  }

  health(): ReturnType<LogConsumer['health']> {
    return this.server.health();
  }
}
