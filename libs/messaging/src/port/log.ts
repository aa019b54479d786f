import type { BatchSpans } from '@tidewatch/tracing';
import type { PartitionClaim } from './checkpoints';

/** A record to append. Readers of one partition see its records in the order of acknowledged appends. */
export interface LogRecord {
  readonly partition: number;
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ConsumedRecord {
  readonly offset: bigint;
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  /** When the log took the record (`LogAppendTime`), milliseconds since the epoch. */
  readonly appendedAtMs: number;
}

/** Records of one partition in ascending order of offset. */
export interface LogBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly ConsumedRecord[];
  /** The checkpoint once the batch is done: also covers records that were dead-lettered or compacted away. */
  readonly nextOffset: bigint;
  /** Offset that the next appended record would have had when the batch was fetched: lag is its distance to `nextOffset`. */
  readonly highWatermark: bigint;
  /** Where tracing is on: the handling of the batch in the sampled traces that its records continue, if there are any. */
  readonly spans?: BatchSpans;
}

/**
 * The effects of one consumer on one partition. Calls never overlap; `open` of a later owner may happen while an
 * earlier one still runs, and it is the claim's epoch which keeps the earlier one from committing anything.
 *
 * An error decides what happens to the batch:
 * - `PoisonRecordError`: nothing of the batch has taken effect; the record is dead-lettered and the rest comes again.
 * - `FencedError`: another owner has the partition; the handler is dropped.
 * - a defect that the data provokes (`isDataFault`): the handler is re-opened at its checkpoint and given the records one by one; the one that
 *   fails again is dead-lettered.
 * - anything else is infrastructure: the partition pauses with backoff, then the handler is re-opened at its checkpoint.
 */
export interface PartitionHandler {
  /** Where it wants its records from, if that lies before the claim's offset: to learn again what it should know. As far back as the log goes. */
  readonly beginsAt?: bigint;
  handle(batch: LogBatch): Promise<void>;
  /** About once a second, also without data: the place for effects that wait, such as a checkpoint. */
  tick?(): Promise<void>;
  /** The partition goes to another owner, or the service stops: bring pending effects to an end. */
  close(): Promise<void>;
}

/** Consumes a topic with a checkpoint per partition; instances with the same consumer name share its partitions. */
export interface Subscription {
  readonly consumer: string;
  readonly topic: string;
  /** Called on taking a partition over, after the claim: restore state, then expect `claim.nextOffset`, or what the handler's `beginsAt` says. */
  open(claim: PartitionClaim): Promise<PartitionHandler>;
  /** How long a fetch may wait for `minBatchBytes`. Default 250 ms. */
  readonly maxWaitMs?: number;
  readonly minBatchBytes?: number;
  /** Bound of a batch, per partition. Default 2 MB. */
  readonly maxBatchBytes?: number;
}

/** Reads all partitions of some topics without checkpoints, from a point in time on; every instance sees everything. */
export interface Tail {
  readonly name: string;
  readonly topics: readonly string[];
  /** Begin with the records appended in this time before now. */
  readonly sinceMs: number;
  /** An error is logged and counted; the record is not given again. */
  handle(batch: LogBatch): void | Promise<void>;
}

export interface LogConsumer {
  start(): Promise<void>;
  /** Resolves when handlers are closed and nothing is delivered any more. */
  stop(): Promise<void>;
  /** `up` while assignments are held (or shared out) and no partition is paused by a fault. */
  health(): { status: 'up' | 'down'; detail: string; partitions: number };
}

/** The message log. One instance per process. */
export interface MessageLog {
  /** Partitions of a topic, read once and kept. Throws `UnknownTopicError` when the topic was not created. */
  partitionCount(topic: string): Promise<number>;
  /** The offset that the next record of a partition gets. Rejects with `LogUnavailableError`, or `RangeError` where there is no such partition. */
  endOffset(topic: string, partition: number): Promise<bigint>;
  /**
   * Appends to any number of partitions. Resolves when every record is acknowledged by all in-sync replicas (or committed).
   * Rejects with `LogUnavailableError` within the append deadline (5 s), and then some of the records may be on the log;
   * rejects with `LogOverloadedError` at once, with nothing appended, when the bytes in flight would exceed their bound.
   */
  append(topic: string, records: readonly LogRecord[]): Promise<void>;
  consume(subscription: Subscription): LogConsumer;
  tail(tail: Tail): LogConsumer;
  /** Cheap round trip to broker or database for readiness. Rejects with `LogUnavailableError`. */
  ping(): Promise<void>;
  /** Flushes what was accepted, then closes. Consumers must have been stopped. */
  close(): Promise<void>;
}
