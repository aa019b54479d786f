import type { Pool } from 'pg';
import { delay } from '../delivery/backoff';
import { describeError, type MessagingLogger } from '../logger';
import { offsetsGone } from '../metrics';
import { DEFAULT_MAX_BATCH_BYTES } from '../options';
import type { Subscription } from '../port/log';
import type { PartitionLane } from './partition-lane';
import { type Fetched, readRecords } from './record-reader';
import { WakeUp } from './wake-up';

/** Bytes that one statement fetches at most, and that wait in all lanes together. */
const FETCH_BYTES = 4 * 1024 * 1024;
const PREFETCH_BYTES = 16 * 1024 * 1024;
/** Between fetches that found all there was: small appends gather, at the price of this latency. */
export const FETCH_PACE_MS = 20;
export const FETCH_RETRY_MS = 500;

export interface FetcherOptions {
  readonly pool: Pool;
  readonly subscription: Subscription;
  readonly lanes: ReadonlyMap<number, PartitionLane>;
  readonly logger: MessagingLogger;
  readonly pollMs: number;
  readonly onFetched: () => void;
}

/** Reads ahead for all lanes of a subscription, with one statement at a time and within bounds of bytes. */
export class Fetcher {
  private readonly wakeUp = new WakeUp();

  constructor(private readonly options: FetcherOptions) {}

  wake(): void {
    this.wakeUp.wake();
  }

  /** Fetches until the signal aborts (and then until it is woken). */
  async run(signal: AbortSignal): Promise<void> {
    const { logger, subscription, pollMs } = this.options;
    while (!signal.aborted) {
      try {
        if (await this.fetch()) continue;
        await delay(FETCH_PACE_MS, signal);
        await this.wakeUp.wait(pollMs, signal);
      } catch (error) {
        logger.warn(`${subscription.consumer}: cannot read ${subscription.topic}: ${describeError(error)}`);
        await delay(FETCH_RETRY_MS, signal);
      }
    }
  }

  /** Returns whether there may be more to fetch at once. */
  private async fetch(): Promise<boolean> {
    const { pool, subscription, onFetched } = this.options;
    const maxBytes = subscription.maxBatchBytes ?? DEFAULT_MAX_BATCH_BYTES;
    const lanes = this.lanesWithRoom(maxBytes);
    if (lanes.length === 0) return false;
    const generations = new Map(lanes.map((lane) => [lane, lane.generation]));
    const byPartition = new Map(lanes.map((lane) => [lane.partition, lane]));
    const wanted = lanes.map((lane) => ({ partition: lane.partition, offset: lane.fetchOffset! }));
    const budget = Math.min(maxBytes, FETCH_BYTES / lanes.length);
    const fetched = await readRecords(pool, subscription.topic, wanted, budget);
    for (const part of fetched) {
      const lane = byPartition.get(part.partition)!;
      if (lane.generation !== generations.get(lane)) continue;
      this.checkGap(lane, part);
      lane.accept(part);
    }
    if (fetched.length > 0) onFetched();
    return fetched.some((part) => part.records.at(-1)!.offset + 1n < part.highWatermark);
  }

  private lanesWithRoom(maxBytes: number): PartitionLane[] {
    const lanes = [...this.options.lanes.values()];
    const queued = lanes.reduce((sum, lane) => sum + lane.queuedBytes, 0);
    if (queued >= PREFETCH_BYTES) return [];
    const now = Date.now();
    return lanes.filter((lane) => lane.isOpen && lane.pauseMs(now) === 0 && lane.queuedBytes < maxBytes);
  }

  private checkGap(lane: PartitionLane, { records }: Fetched): void {
    const from = lane.fetchOffset!;
    const missing = records[0]!.offset - from;
    if (missing <= 0n) return;
    const { consumer, topic } = this.options.subscription;
    offsetsGone.inc({ consumer, topic }, Number(missing));
    this.options.logger.error(
      `${consumer}: the log has dropped ${missing.toString()} records of ${topic}/${lane.partition} from offset ${from.toString()} on`,
    );
  }
}
