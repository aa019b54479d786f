import type { Pool, PoolClient } from 'pg';
import { delay } from '../delivery/backoff';
import { appendBytesInFlight } from '../metrics';
import { LogOverloadedError, LogUnavailableError } from '../port/errors';
import type { LogRecord } from '../port/log';
import { APPEND, type PackedRecords, packRecords } from './packed-records';

/** One transaction takes what has gathered, up to these. */
const MAX_TRANSACTION_BYTES = 8 * 1024 * 1024;
const MAX_TRANSACTION_RECORDS = 2_000;
const RECONNECT_DELAY_MS = 100;

export interface PendingAppend {
  readonly topic: string;
  readonly records: readonly LogRecord[];
  readonly bytes: number;
}

interface QueuedAppend extends PendingAppend {
  settled: boolean;
  resolve(): void;
  reject(error: Error): void;
}

export interface AppenderOptions {
  readonly pool: Pool;
  readonly maxInFlightBytes: number;
  readonly deadlineMs: number;
  /** Told the topics of each committed transaction. */
  readonly onCommitted: (topics: Iterable<string>) => void;
}

/**
 * Group commit: one transaction at a time, and the next one takes everything that has gathered meanwhile. So the cost of a
 * commit is shared by all callers, and records of one process stay in the order of their calls.
 */
export class Appender {
  private queue: QueuedAppend[] = [];
  private bytesInFlight = 0;
  private pumping: Promise<void> | undefined;

  constructor(private readonly options: AppenderOptions) {}

  append(append: PendingAppend): Promise<void> {
    const { maxInFlightBytes, deadlineMs } = this.options;
    if (this.bytesInFlight + append.bytes > maxInFlightBytes) {
      throw new LogOverloadedError(
        `${append.bytes} bytes more than ${this.bytesInFlight} in flight exceed ${maxInFlightBytes}`,
      );
    }
    this.track(append.bytes);
    return new Promise<void>((resolve, reject) => {
      const settle = (outcome: () => void): void => {
        if (queued.settled) return;
        queued.settled = true;
        clearTimeout(deadline);
        outcome();
      };
      const queued: QueuedAppend = {
        ...append,
        settled: false,
        resolve: () => settle(resolve),
        reject: (error) => settle(() => reject(error)),
      };
      const deadline = setTimeout(() => {
        queued.reject(new LogUnavailableError(`no acknowledgement within ${deadlineMs} ms`));
      }, deadlineMs);
      this.queue.push(queued);
      this.pumping ??= this.pump();
    });
  }

  /** Resolves when everything queued so far is settled. */
  async flush(): Promise<void> {
    await this.pumping;
  }

  private track(bytes: number): void {
    this.bytesInFlight += bytes;
    appendBytesInFlight.inc(bytes);
  }

  private async pump(): Promise<void> {
    // Calls of the same turn of the event loop share a transaction.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.queue.length > 0) {
      const client = await this.connect();
      if (client) await this.commitGroup(client);
      else this.dropSettled();
    }
    this.pumping = undefined;
  }

  /** Nothing was sent yet, so a failure is no outcome: what waits keeps waiting until its deadline. */
  private async connect(): Promise<PoolClient | undefined> {
    try {
      return await this.options.pool.connect();
    } catch {
      await delay(RECONNECT_DELAY_MS);
      return undefined;
    }
  }

  private dropSettled(): void {
    this.queue = this.queue.filter((append) => {
      if (append.settled) this.track(-append.bytes);
      return !append.settled;
    });
  }

  private takeGroup(): QueuedAppend[] {
    this.dropSettled();
    let bytes = 0;
    let records = 0;
    let count = 0;
    for (const append of this.queue) {
      bytes += append.bytes;
      records += append.records.length;
      if (count > 0 && (bytes > MAX_TRANSACTION_BYTES || records > MAX_TRANSACTION_RECORDS)) break;
      count += 1;
    }
    return this.queue.splice(0, count);
  }

  private async commitGroup(client: PoolClient): Promise<void> {
    const group = this.takeGroup();
    if (group.length === 0) {
      client.release();
      return;
    }
    try {
      const packed = packRecords(group);
      await this.insert(client, packed);
      client.release();
      for (const append of group) append.resolve();
      this.options.onCommitted(new Set(packed.topics));
    } catch (error) {
      // The connection may hang in the statement: it is closed, and the server's own time-out ends the transaction.
      client.release(true);
      const failure = new LogUnavailableError('the append was not acknowledged', { cause: error });
      for (const append of group) append.reject(failure);
    } finally {
      for (const append of group) this.track(-append.bytes);
    }
  }

  private async insert(client: PoolClient, packed: PackedRecords): Promise<void> {
    let deadline: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      deadline = setTimeout(() => reject(new Error('the statement did not return')), this.options.deadlineMs);
    });
    try {
      const query = client.query({ name: 'tidewatch-append', text: APPEND, values: packed.values });
      const { rowCount } = await Promise.race([query, late]);
      if (rowCount !== packed.count) {
        throw new Error(
          `${packed.count} records were sent, ${rowCount ?? 0} inserted: a partition is missing`,
        );
      }
    } finally {
      clearTimeout(deadline);
    }
  }
}
