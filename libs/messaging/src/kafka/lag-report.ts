import type { Pool } from 'pg';
import { describeError, type MessagingLogger } from '../logger';
import { consumerLag } from '../metrics';
import type { Watermarks } from './kafka-admin';
import type { KafkaBatchServer } from './kafka-batch-server';

const EVERY_MS = 5_000;

export interface LagReportOptions {
  readonly consumer: string;
  readonly topic: string;
  readonly pool: Pool;
  readonly logger: MessagingLogger;
  readonly watermarks: (topic: string) => Promise<Map<number, Watermarks>>;
  readonly server: KafkaBatchServer;
}

/**
 * Every few seconds, for those who watch: measures the lag, also of partitions that stand still, and tells the broker the offsets which
 * the database has, so that Kafka's own tools show it. Nobody ever starts from these.
 */
export class LagReport {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly options: LagReportOptions) {}

  start(): void {
    this.timer = setInterval(() => {
      this.running ??= this.report().finally(() => {
        this.running = undefined;
      });
    }, EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private async report(): Promise<void> {
    try {
      await this.measure();
      await this.commit();
    } catch (error) {
      this.options.logger.warn(`${this.options.consumer}: no lag report: ${describeError(error)}`);
    }
  }

  private async measure(): Promise<void> {
    const { consumer, topic, server, watermarks } = this.options;
    const positions = server.positions();
    if (positions.length === 0) return;
    const ends = await watermarks(topic);
    for (const { partition, position } of positions) {
      const end = ends.get(partition)?.high ?? 0n;
      if (position > end) server.recheckPlace(topic, partition);
      else consumerLag.set({ consumer, topic, partition }, Number(end - position));
    }
  }

  private async commit(): Promise<void> {
    const { consumer, topic, server, pool } = this.options;
    const { commitOffsets } = server;
    const owned = new Set(server.positions().map(({ partition }) => partition));
    if (!commitOffsets || owned.size === 0) return;
    const { rows } = await pool.query<{ partition: number; next_offset: string }>(
      'SELECT partition, next_offset FROM checkpoints WHERE consumer = $1 AND topic = $2',
      [consumer, topic],
    );
    const partitions = rows
      .filter(({ partition }) => owned.has(partition))
      .map(({ partition, next_offset }) => ({ partition, offset: next_offset }));
    // The function of a batch, with offsets of our own: the consumer's `commitOffsets` tries again for long, and then crashes it.
    if (partitions.length > 0) await commitOffsets({ topics: [{ topic, partitions }] });
  }
}
