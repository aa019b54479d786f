import type { CheckpointStore } from '../checkpoints/checkpoint-store';
import { failPoint } from '../fail-points';
import { describeError, type MessagingLogger } from '../logger';
import { consumerLag, deadLetters, partitionFaults } from '../metrics';
import type { PartitionClaim } from '../port/checkpoints';
import { FencedError, PoisonRecordError } from '../port/errors';
import type { ConsumedRecord, LogBatch, PartitionHandler, Subscription } from '../port/log';
import { Backoff, delay } from './backoff';
import { isDataFault } from './data-fault';

/**
 * What a driver does next with the partition.
 * - `done`: the batch is handled; go on at `nextOffset`.
 * - `seek`: drop what was fetched, wait `delayMs`, and fetch from `offset` on.
 * - `fenced`: this runner is finished. Whoever still holds the partition makes a new one.
 */
export type Delivery =
  | { readonly kind: 'done'; readonly nextOffset: bigint }
  | { readonly kind: 'seek'; readonly offset: bigint; readonly delayMs: number }
  | { readonly kind: 'fenced' };

export interface PartitionRunnerOptions {
  readonly subscription: Subscription;
  readonly partition: number;
  /** Owner of the claim, for people who look into the table. */
  readonly owner?: string;
  readonly checkpoints: CheckpointStore;
  /** Appends to the dead-letter topic; resolves when acknowledged. */
  readonly deadLetter: (
    batch: LogBatch,
    record: ConsumedRecord,
    reason: string,
    detail: string,
  ) => Promise<void>;
  readonly logger: MessagingLogger;
}

/** Dead letters behind us that are remembered; one that was forgotten is made again on a replay, which its origin tells. */
const MAX_SKIPPED = 1_000;
const FENCED: Delivery = { kind: 'fenced' };

/** Reason of a dead letter whose handler failed with a defect or a refused value, and not with `PoisonRecordError`. */
export const DATA_FAULT_REASON = 'data-fault';

/**
 * One ownership of one partition, from claim to close: the single place that decides what an error means, for both drivers.
 * The handler's calls never overlap: `deliver`, `tick` and `close` queue up. A handler that failed is dropped without `close`,
 * because `close` would bring effects to an end of which nobody knows how far they got; its successor starts at the checkpoint.
 */
export class PartitionRunner {
  private handler: PartitionHandler | undefined;
  private claim: PartitionClaim | undefined;
  /** Everything below has been given to the current handler. */
  private position = 0n;
  /** A handler failed on data below this offset: until there, records come one by one. */
  private singlyUntil = 0n;
  /** Dead-lettered records which come again while the checkpoint is before them. */
  private readonly skipped = new Set<bigint>();
  private readonly backoff = new Backoff();
  private readonly over = new AbortController();
  private busy: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: PartitionRunnerOptions) {}

  /** The next record that the handler has not had yet; for measuring lag. */
  get nextOffset(): bigint {
    return this.position;
  }

  /**
   * Claims the partition and opens the handler; returns the offset to begin at.
   * Tries again for as long as it takes; rejects only after `abort` or `close` (with `FencedError`).
   */
  open(): Promise<bigint> {
    const { subscription, partition, checkpoints, owner } = this.options;
    return this.exclusively(async () => {
      while (!this.over.signal.aborted) {
        try {
          this.claim = await checkpoints.claim(
            subscription.consumer,
            subscription.topic,
            partition,
            owner ?? subscription.consumer,
          );
          await this.openHandler(this.claim);
          return this.position;
        } catch (error) {
          await delay(this.infrastructureFault('cannot open', error), this.over.signal);
        }
      }
      throw new FencedError(`${this.name()} was given up`);
    });
  }

  /** Hands a batch to the handler and decides on the outcome. Never throws; takes as long as the handler does. */
  deliver(batch: LogBatch): Promise<Delivery> {
    return this.exclusively(async () => {
      if (this.over.signal.aborted) return FENCED;
      if (!this.handler) {
        const failed = await this.reopen(batch.records[0]?.offset ?? this.position);
        if (failed) return failed;
        // The batch was fetched for the handler before; this one begins at the checkpoint.
        if (batch.records[0]?.offset !== this.position) return this.seek();
      }
      const outcome = await this.handleParts(batch);
      this.measureLag(batch);
      return outcome;
    });
  }

  /** Calls the handler's `tick`; the outcomes are those of `deliver`. Never throws. */
  tick(): Promise<Delivery> {
    return this.exclusively(async () => {
      if (this.over.signal.aborted) return FENCED;
      try {
        await this.handler?.tick?.();
        return { kind: 'done', nextOffset: this.position };
      } catch (error) {
        return this.pause(error, this.position);
      }
    });
  }

  /**
   * Waits for the running call, closes the handler, and ends the runner. Never throws. After `abort` it still closes the
   * handler, which can free what it holds; what it tries to commit fails on the epoch once somebody else has claimed.
   */
  close(): Promise<void> {
    this.over.abort();
    return this.exclusively(async () => {
      const { handler } = this;
      this.handler = undefined;
      this.forgetLag();
      try {
        await handler?.close();
      } catch (error) {
        this.options.logger.warn(`${this.name()}: its handler did not close: ${describeError(error)}`);
      }
    });
  }

  /** The partition is lost: nothing more is delivered, and waiting for a retry ends at once. */
  abort(): void {
    this.over.abort();
    this.forgetLag();
  }

  private name(): string {
    const { subscription, partition } = this.options;
    return `${subscription.consumer} on ${subscription.topic}/${partition}`;
  }

  private exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.busy.then(work);
    this.busy = result.catch(() => undefined);
    return result;
  }

  private async openHandler(claim: PartitionClaim): Promise<void> {
    this.handler = await this.options.subscription.open(claim);
    this.position = this.handler.beginsAt ?? claim.nextOffset;
    for (const offset of this.skipped) if (offset < this.position) this.skipped.delete(offset);
  }

  /** Opens again at the checkpoint, under a new epoch. Returns an outcome only when that failed. */
  private async reopen(retryAt: bigint): Promise<Delivery | undefined> {
    try {
      this.claim = await this.options.checkpoints.renew(this.claim!);
      await this.openHandler(this.claim);
      return undefined;
    } catch (error) {
      return this.pause(error, retryAt);
    }
  }

  private async handleParts(batch: LogBatch): Promise<Delivery> {
    while (this.position < batch.nextOffset && !this.over.signal.aborted) {
      const part = this.nextPart(batch);
      try {
        await this.handler!.handle(part);
        failPoint(`${this.options.subscription.consumer}.before-resolve`);
        this.position = part.nextOffset;
        this.backoff.reset();
        this.forgetSkipped();
      } catch (error) {
        const outcome = await this.handleFault(part, error);
        if (outcome) return outcome;
      }
    }
    return { kind: 'done', nextOffset: this.position };
  }

  /** All that is left of the batch, or the next record alone. It may be empty: then there is only the offset to note. */
  private nextPart(batch: LogBatch): LogBatch {
    const records = batch.records.filter(
      ({ offset }) => offset >= this.position && !this.skipped.has(offset),
    );
    if (this.position >= this.singlyUntil || records.length <= 1) return { ...batch, records };
    return { ...batch, records: records.slice(0, 1), nextOffset: records[1]!.offset };
  }

  /** Returns nothing when the rest of the batch can go on with the same handler. */
  private async handleFault(part: LogBatch, error: unknown): Promise<Delivery | undefined> {
    if (this.over.signal.aborted) return FENCED;
    const retryAt = part.records[0]?.offset ?? this.position;
    if (!isDataFault(error) || part.records.length === 0) return this.pause(error, retryAt);
    try {
      if (error instanceof PoisonRecordError) {
        const poison = part.records.find(({ offset }) => offset === error.offset);
        if (poison) {
          await this.deadLetter(part, poison, error.reason, error.message);
          return undefined;
        }
      }
      await this.isolate(part, error);
    } catch (appendError) {
      return this.pause(appendError, retryAt);
    }
    return (await this.reopen(retryAt)) ?? this.seek();
  }

  /** The handler is in an unknown state. Records come one by one from now on, and one that fails alone is the bad one. */
  private async isolate(part: LogBatch, error: unknown): Promise<void> {
    const alone = part.records.length === 1 && this.position < this.singlyUntil;
    this.handler = undefined;
    this.count('data');
    if (alone) {
      await this.deadLetter(part, part.records[0]!, DATA_FAULT_REASON, describeError(error));
      return;
    }
    if (this.singlyUntil < part.nextOffset) this.singlyUntil = part.nextOffset;
    const stack = error instanceof Error ? error.stack : undefined;
    this.options.logger.error(
      `${this.name()}: failed on its data, looking for the record: ${stack ?? describeError(error)}`,
    );
  }

  private async deadLetter(
    batch: LogBatch,
    record: ConsumedRecord,
    reason: string,
    detail: string,
  ): Promise<void> {
    await this.options.deadLetter(batch, record, reason, detail);
    this.skipped.add(record.offset);
    deadLetters.inc({ topic: batch.topic, reason });
    this.options.logger.warn(
      `${this.name()}: record ${record.offset.toString()} is a dead letter (${reason}): ${detail}`,
    );
  }

  /** Those of the batch at hand stay: it would never end without them. */
  private forgetSkipped(): void {
    for (const offset of this.skipped) {
      if (this.skipped.size <= MAX_SKIPPED || offset >= this.position) return;
      this.skipped.delete(offset);
    }
  }

  /** Drops the handler; the next delivery opens a new one. */
  private pause(error: unknown, retryAt: bigint): Delivery {
    this.handler = undefined;
    if (this.over.signal.aborted) return FENCED;
    if (error instanceof FencedError) {
      this.count('fenced');
      this.options.logger.warn(`${this.name()}: ${error.message}`);
      this.abort();
      return FENCED;
    }
    return { kind: 'seek', offset: retryAt, delayMs: this.infrastructureFault('paused', error) };
  }

  private seek(): Delivery {
    return { kind: 'seek', offset: this.position, delayMs: 0 };
  }

  private infrastructureFault(what: string, error: unknown): number {
    const delayMs = this.backoff.nextDelayMs();
    this.count('infrastructure');
    this.options.logger.warn(`${this.name()}: ${what}, next try in ${delayMs} ms: ${describeError(error)}`);
    return delayMs;
  }

  private count(kind: 'infrastructure' | 'data' | 'fenced'): void {
    const { consumer, topic } = this.options.subscription;
    partitionFaults.inc({ consumer, topic, kind });
  }

  private measureLag(batch: LogBatch): void {
    if (this.over.signal.aborted) return;
    const { consumer, topic } = this.options.subscription;
    const lag = Number(batch.highWatermark - this.position);
    consumerLag.set({ consumer, topic, partition: this.options.partition }, Math.max(0, lag));
  }

  private forgetLag(): void {
    const { consumer, topic } = this.options.subscription;
    consumerLag.remove({ consumer, topic, partition: this.options.partition });
  }
}
