import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { CONSUMERS, TOPICS } from '@tidewatch/contracts';
import type { LogConsumer } from '@tidewatch/messaging';
import { Readiness, Shutdown } from '@tidewatch/service-kit';
import { openPartition, PARTITION_DEPENDENCIES, type PartitionDependencies } from './open-partition';

/** Consumes `readings.v1` for as long as the service runs. */
@Injectable()
export class ProcessingService implements OnApplicationBootstrap {
  private readonly consumer: LogConsumer;

  constructor(
    @Inject(PARTITION_DEPENDENCIES) dependencies: PartitionDependencies,
    readiness: Readiness,
    shutdown: Shutdown,
  ) {
    const { log } = dependencies;
    this.consumer = log.consume({
      consumer: CONSUMERS.processing,
      topic: TOPICS.readings,
      open: (claim) => openPartition(claim, dependencies),
      // Nobody waits for a window or an anomaly by the millisecond, and many small batches cost far more than a few large ones.
      minBatchBytes: 64 * 1024,
      maxWaitMs: 100,
    });
    readiness.add('message-log', () => log.ping());
    readiness.add('consumer', () => this.requireHealthy());
    shutdown.add('stop-taking', 'readings consumer', () => this.consumer.stop());
    shutdown.add('close', 'message log', () => log.close());
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.consumer.start();
  }

  private requireHealthy(): Promise<void> {
    const { status, detail } = this.consumer.health();
    return status === 'up' ? Promise.resolve() : Promise.reject(new Error(detail));
  }
}
