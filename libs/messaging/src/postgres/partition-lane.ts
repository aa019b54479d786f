import { DEFAULT_MAX_BATCH_BYTES } from '../options';
import type { ConsumedRecord, LogBatch } from '../port/log';
import type { Delivery, PartitionRunner } from '../delivery/partition-runner';
import type { Fetched } from './record-reader';

export interface LaneOptions {
  readonly topic: string;
  readonly partition: number;
  readonly runner: PartitionRunner;
  readonly maxBatchBytes?: number;
}

/** What was fetched for one partition and not delivered yet, and where its next fetch begins. */
export class PartitionLane {
  readonly partition: number;
  readonly runner: PartitionRunner;
  /** Undefined until the runner is open. */
  fetchOffset: bigint | undefined;
  /** Its checkpoint is one that the log did not reach. */
  isBeyondEnd = false;
  busy = false;
  queuedBytes = 0;
  /** When the oldest queued record was fetched, `Date.now()`. */
  queuedSince = 0;
  lastTick = Date.now();
  openedSince = Date.now();
  /** Rises with each seek, so that what was fetched for the time before is recognized. */
  generation = 0;
  private pausedUntil = 0;
  private queue: ConsumedRecord[] = [];
  private highWatermark = 0n;

  constructor(private readonly options: LaneOptions) {
    this.partition = options.partition;
    this.runner = options.runner;
  }

  get isOpen(): boolean {
    return this.fetchOffset !== undefined;
  }

  pauseMs(now: number): number {
    return Math.max(0, this.pausedUntil - now);
  }

  hasRecords(): boolean {
    return this.queue.length > 0;
  }

  /** Takes what was fetched from `fetchOffset` on. */
  accept(fetched: Fetched): void {
    if (this.queue.length === 0) this.queuedSince = Date.now();
    this.queue = this.queue.length === 0 ? fetched.records : this.queue.concat(fetched.records);
    this.queuedBytes += fetched.bytes;
    this.highWatermark = fetched.highWatermark;
    this.fetchOffset = fetched.records.at(-1)!.offset + 1n;
  }

  /** The next batch, at most `maxBatchBytes` unless a single record is larger. */
  take(): LogBatch {
    const limit = this.options.maxBatchBytes ?? DEFAULT_MAX_BATCH_BYTES;
    let bytes = 0;
    let count = 0;
    for (const { value } of this.queue) {
      if (count > 0 && bytes + value.length > limit) break;
      bytes += value.length;
      count += 1;
    }
    const records = this.queue.slice(0, count);
    this.queue = this.queue.slice(count);
    this.queuedBytes -= bytes;
    const { topic, partition } = this.options;
    const nextOffset = records.at(-1)!.offset + 1n;
    return { topic, partition, records, nextOffset, highWatermark: this.highWatermark };
  }

  /** Applies an outcome of `deliver` or `tick`. Returns false when the runner is finished. */
  apply(outcome: Delivery): boolean {
    if (outcome.kind === 'fenced') return false;
    if (outcome.kind === 'seek') {
      this.generation += 1;
      this.fetchOffset = outcome.offset;
      this.pausedUntil = Date.now() + outcome.delayMs;
      this.queue = [];
      this.queuedBytes = 0;
    }
    return true;
  }
}
