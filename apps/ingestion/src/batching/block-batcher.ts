import { TOPICS } from '@tidewatch/contracts';
import { failPoint, LogOverloadedError, LogUnavailableError, type MessageLog } from '@tidewatch/messaging';
import type { RequestRows } from '../requests/request-rows';
import { type Block, type Origin, PartitionBuffer } from './partition-buffer';

export interface BatcherOptions {
  readonly partitions: number;
  /** The longest time for which a reading waits for others. */
  readonly flushIntervalMs: number;
  /** A partition with as many readings is not kept waiting. */
  readonly flushReadings: number;
  /** Bound of what waits for a flush or for the log's acknowledgement. */
  readonly maxPendingBytes: number;
  readonly maxBlockBytes: number;
  /** Appends which may run at once. The log keeps them in order; further flushes wait, and grow meanwhile. */
  readonly maxAppends: number;
  /** After this time a request is answered, even if the log has not answered. */
  readonly deadlineMs: number;
}

/** Told of what happens; never throws. */
export interface BatcherObserver {
  /** A flush is on the log, as blocks with so many readings each. */
  appended(readingsOfBlocks: readonly number[], durationMs: number): void;
  failed(error: unknown): void;
  pending(bytes: number): void;
}

/** One round of group commit: all its requests share one promise. */
class Flush {
  bytes = 0;
  /** No longer waits for further readings. */
  due = false;
  settled = false;
  timer: NodeJS.Timeout | undefined;
  private settle!: { resolve: () => void; reject: (error: Error) => void };
  readonly done = new Promise<void>((resolve, reject) => {
    this.settle = { resolve, reject };
  });

  succeed(): void {
    this.end();
    this.settle.resolve();
  }

  fail(error: Error): void {
    this.end();
    this.settle.reject(error);
  }

  private end(): void {
    this.settled = true;
    clearTimeout(this.timer);
  }
}

/**
 * Group commit: readings of concurrent requests become one block per partition, and all blocks of a flush one append.
 *
 * A request is in one flush as a whole. Flushes are handed to the log in order, so the readings of a device which were taken
 * one after the other are on the log in this order. While `maxAppends` run, the flush that collects goes on collecting: a
 * slow log gets larger blocks and not more of them.
 */
export class BlockBatcher {
  private readonly buffers: PartitionBuffer[];
  private collecting: Flush | undefined;
  private readonly running = new Set<Promise<void>>();
  private pendingBytes = 0;
  private closed = false;

  constructor(
    private readonly log: Pick<MessageLog, 'append'>,
    private readonly options: BatcherOptions,
    private readonly observer: BatcherObserver,
  ) {
    this.buffers = Array.from(
      { length: options.partitions },
      (_, partition) => new PartitionBuffer(partition, options.maxBlockBytes),
    );
  }

  /**
   * Takes all rows, which are free for other use afterwards. Resolves when the log has acknowledged them.
   * Throws `LogOverloadedError`, or `LogUnavailableError` while closing, with nothing taken. Rejects with what `append`
   * rejects with, or with `LogUnavailableError` after the deadline: then they may or may not be on the log.
   */
  add(rows: RequestRows, origin: Origin): Promise<void> {
    this.requireRoom(rows);
    const flush = (this.collecting ??= this.beginFlush());
    let fullest = 0;
    let bytes = 0;
    for (let i = 0; i < rows.length; i++) {
      const series = rows.series[i]!;
      const buffer = this.buffers[series.partition]!;
      bytes += buffer.append(series, rows.timeUs[i]!, rows.value[i]!);
      buffer.mark(origin);
      if (buffer.length > fullest) fullest = buffer.length;
    }
    flush.bytes += bytes;
    this.changePending(bytes);
    if (fullest >= this.options.flushReadings) this.flushWhenPossible(flush);
    return flush.done;
  }

  /** Takes nothing more, and resolves when everything that was taken is on the log or has failed. */
  async close(): Promise<void> {
    this.closed = true;
    while (this.collecting !== undefined || this.running.size > 0) {
      if (this.collecting !== undefined) this.flushWhenPossible(this.collecting);
      await Promise.all(this.running);
    }
  }

  private requireRoom(rows: RequestRows): void {
    if (this.closed) throw new LogUnavailableError('The service is stopping.');
    // A request that is alone is always taken, or it could never be.
    if (this.pendingBytes === 0) return;
    if (this.pendingBytes + rows.maxEncodedLength() > this.options.maxPendingBytes) {
      throw new LogOverloadedError('Too many readings wait for the log.');
    }
  }

  private beginFlush(): Flush {
    const flush = new Flush();
    flush.timer = setTimeout(() => this.flushWhenPossible(flush), this.options.flushIntervalMs);
    return flush;
  }

  private flushWhenPossible(flush: Flush): void {
    if (!flush.due) {
      flush.due = true;
      clearTimeout(flush.timer);
      flush.timer = setTimeout(() => this.expire(flush), this.options.deadlineMs);
    }
    if (this.running.size < this.options.maxAppends) this.dispatch(flush);
  }

  private dispatch(flush: Flush): void {
    this.collecting = undefined;
    const append = this.append(flush, this.drain()).finally(() => {
      this.running.delete(append);
      this.changePending(-flush.bytes);
      if (this.collecting?.due === true) this.flushWhenPossible(this.collecting);
    });
    this.running.add(append);
  }

  /** Never rejects. */
  private async append(flush: Flush, blocks: readonly Block[]): Promise<void> {
    const startedAt = performance.now();
    try {
      await this.log.append(
        TOPICS.readings,
        blocks.map(({ record }) => record),
      );
      failPoint('ingestion.after-append');
      this.observer.appended(
        blocks.map(({ readings }) => readings),
        performance.now() - startedAt,
      );
      if (!flush.settled) flush.succeed();
    } catch (error) {
      this.observer.failed(error);
      if (!flush.settled) flush.fail(error as Error);
    }
  }

  /** The deadline of the requests has come. Readings that were not handed to the log yet never will be. */
  private expire(flush: Flush): void {
    if (this.collecting === flush) {
      this.collecting = undefined;
      this.drain();
      this.changePending(-flush.bytes);
    }
    flush.fail(new LogUnavailableError('The log did not acknowledge in time.'));
  }

  private drain(): Block[] {
    const blocks: Block[] = [];
    for (const buffer of this.buffers) buffer.drain(blocks);
    return blocks;
  }

  private changePending(bytes: number): void {
    this.pendingBytes += bytes;
    this.observer.pending(this.pendingBytes);
  }
}
