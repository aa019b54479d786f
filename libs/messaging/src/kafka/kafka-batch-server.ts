import { ServerKafka } from '@nestjs/microservices';
import { type Consumer, type EachBatchPayload, Partitioners } from 'kafkajs';
import { describeError, type MessagingLogger } from '../logger';
import { AssignedPartition, type PartitionWorker } from './assigned-partition';
import type { KafkaClient } from './kafka-client';
import { refusal } from './refusal';
import { Watchdog } from './watchdog';

/** kafkajs leaves out one that comes a moment too early, so it may take twice this: a second at most. */
const HEARTBEAT_MS = 500;
/** By default kafkajs learns of new partitions only after five minutes. */
const METADATA_MAX_AGE_MS = 5_000;
const TICK_MS = 1_000;
const SLOW_OPENING_MS = 10_000;
const DISCONNECT_TIMEOUT_MS = 10_000;
const MAX_FETCH_BYTES = 8 * 1024 * 1024;

export interface BatchServerOptions {
  readonly client: KafkaClient;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly logger: MessagingLogger;
  readonly sessionTimeoutMs: number;
  readonly concurrency: number;
  readonly maxWaitMs: number;
  readonly minBatchBytes: number;
  readonly maxBatchBytes: number;
  readonly maxSilenceMs: number;
  readonly createWorker: (topic: string, partition: number) => PartitionWorker;
  readonly locate: (topic: string, partition: number, wanted: bigint) => Promise<bigint | undefined>;
  readonly onGap: (topic: string, partition: number, gap: { expected: bigint; found: bigint }) => void;
  readonly probe: () => Promise<void>;
  /** The consumer can't go on in this process. */
  readonly onFatal: (error: Error) => void;
}

export type CommitOffsets = EachBatchPayload['commitOffsetsIfNecessary'];

/**
 * Nest's Kafka server with the delivery exchanged: whole batches instead of single messages, from the place that the worker of
 * a partition names instead of the broker's committed offset, and moved on only when the worker is done.
 *
 * On joining a group each partition is paused before kafkajs fetches it for the first time, and resumed when its worker is open.
 * Nothing is ever thrown into kafkajs: it would end the consumer for good on a `TypeError`.
 */
export class KafkaBatchServer extends ServerKafka {
  private readonly partitions = new Map<string, AssignedPartition>();
  private readonly losing = new Set<Promise<void>>();
  private readonly watchdog: Watchdog;
  private tickTimer: NodeJS.Timeout | undefined;
  private state: 'new' | 'joining' | 'member' | 'stopped' = 'new';
  /** The coordinator has said that our generation is over; batches which still wait are left to the next one. */
  private isRebalancing = false;
  private delivering = 0;
  /** Commits to the broker, for lag tools; known after the first batch. */
  commitOffsets: CommitOffsets | undefined;

  constructor(private readonly batchOptions: BatchServerOptions) {
    const { client, groupId, sessionTimeoutMs, maxWaitMs, minBatchBytes, maxBatchBytes } = batchOptions;
    super({
      postfixId: '',
      client: client.config,
      consumer: {
        groupId,
        sessionTimeout: sessionTimeoutMs,
        heartbeatInterval: HEARTBEAT_MS,
        maxWaitTimeInMs: maxWaitMs,
        minBytes: minBatchBytes,
        maxBytesPerPartition: maxBatchBytes,
        maxBytes: MAX_FETCH_BYTES,
        allowAutoTopicCreation: false,
        metadataMaxAge: METADATA_MAX_AGE_MS,
      },
      // The stock server opens a producer for replies, which we never send. Named, so that kafkajs does not warn of its default.
      producer: { allowAutoTopicCreation: false, createPartitioner: Partitioners.DefaultPartitioner },
    });
    this.watchdog = new Watchdog({
      maxSilenceMs: batchOptions.maxSilenceMs,
      isDelivering: () => this.delivering > 0,
      probe: batchOptions.probe,
      onSilence: batchOptions.onFatal,
    });
  }

  /** Positions of the partitions that are being handled, by topic and partition. */
  positions(): { topic: string; partition: number; position: bigint }[] {
    return [...this.partitions.values()]
      .filter(({ isOpen }) => isOpen)
      .map(({ topic, partition, position }) => ({ topic, partition, position }));
  }

  /** Its place turned out to be beyond the end of the log. */
  recheckPlace(topic: string, partition: number): void {
    this.partitions.get(nameOf(topic, partition))?.recheckPlace();
  }

  health(): { status: 'up' | 'down'; detail: string; partitions: number } {
    const partitions = this.partitions.size;
    if (this.state !== 'member') return { status: 'down', detail: this.state, partitions };
    const faults = [...this.partitions.values()].flatMap((one) => one.fault(SLOW_OPENING_MS) ?? []);
    if (faults.length === 0) return { status: 'up', detail: `${partitions} partitions`, partitions };
    return { status: 'down', detail: faults.join(', '), partitions };
  }

  /** Connects and joins. Rejects when no broker answers. */
  async join(): Promise<void> {
    this.state = 'joining';
    await new Promise<void>((resolve, reject) => {
      void this.listen((error?: unknown) => {
        if (error === undefined) resolve();
        else reject(refusal(error, this.batchOptions.client.config));
      });
    });
    this.tickTimer = setInterval(() => this.tick(), TICK_MS);
    this.watchdog.start();
  }

  /** Ends deliveries at once, closes the workers, then leaves the group: the next owner begins where this one ended. */
  async leave(): Promise<void> {
    this.state = 'stopped';
    clearInterval(this.tickTimer);
    this.watchdog.stop();
    const open = [...this.partitions.values()];
    this.partitions.clear();
    await Promise.all([...open.map((one) => one.close()), ...this.losing]);
    const cut = setTimeout(() => this.batchOptions.client.cut(), DISCONNECT_TIMEOUT_MS);
    await this.close().catch(() => undefined);
    clearTimeout(cut);
    this.batchOptions.client.cut();
  }

  override async bindEvents(consumer: Consumer): Promise<void> {
    const { GROUP_JOIN, HEARTBEAT, FETCH, REBALANCING, CRASH } = consumer.events;
    consumer.on(GROUP_JOIN, ({ payload }) => this.adopt(payload.memberAssignment));
    consumer.on(HEARTBEAT, () => this.confirm());
    consumer.on(FETCH, () => this.watchdog.sign());
    consumer.on(REBALANCING, () => {
      this.isRebalancing = true;
    });
    consumer.on(CRASH, ({ payload }) => {
      this.batchOptions.logger.error(
        `the consumer ${payload.groupId} crashed${payload.restart ? ' and starts again' : ''}: ${describeError(payload.error)}`,
      );
      // Joining again tells; until then nothing is delivered.
      if (this.state === 'member') this.state = 'joining';
      if (!payload.restart) this.batchOptions.onFatal(payload.error);
    });
    const { topics, concurrency } = this.batchOptions;
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: concurrency,
      eachBatch: (payload) => this.onBatch(payload),
    });
  }

  /** Runs before the first fetch of the generation. */
  private adopt(assignment: Readonly<Record<string, number[]>>): void {
    this.isRebalancing = false;
    if (this.state === 'stopped') return;
    this.state = 'member';
    const assigned = new Set<string>();
    for (const [topic, partitions] of Object.entries(assignment)) {
      for (const partition of partitions) {
        const name = nameOf(topic, partition);
        assigned.add(name);
        const kept = this.partitions.get(name);
        if (kept) kept.rejoin();
        else this.partitions.set(name, this.take(topic, partition));
      }
    }
    for (const [name, one] of this.partitions) {
      if (assigned.has(name)) continue;
      this.partitions.delete(name);
      const lost = one.lose();
      this.losing.add(lost);
      void lost.finally(() => this.losing.delete(lost));
    }
  }

  private take(topic: string, partition: number): AssignedPartition {
    const { createWorker, locate, onGap, maxBatchBytes } = this.batchOptions;
    const place = [{ topic, partitions: [partition] }];
    return new AssignedPartition({
      topic,
      partition,
      maxBatchBytes,
      createWorker: () => createWorker(topic, partition),
      locate: (wanted) => locate(topic, partition, wanted),
      onGap: (expected, found) => onGap(topic, partition, { expected, found }),
      control: {
        pause: () => this.tell((consumer) => consumer.pause(place)),
        resume: () => this.tell((consumer) => consumer.resume(place)),
        seek: (offset) =>
          this.tell((consumer) => consumer.seek({ topic, partition, offset: offset.toString() })),
      },
    });
  }

  /** Between a crash and the restart kafkajs has no group to talk to; joining it tells everything anew. */
  private tell(command: (consumer: Consumer) => void): void {
    try {
      if (this.consumer) command(this.consumer);
    } catch {
      // See above.
    }
  }

  private confirm(): void {
    this.isRebalancing = false;
    for (const one of this.partitions.values()) one.confirm();
  }

  private tick(): void {
    for (const one of this.partitions.values()) void one.tick();
  }

  private async onBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    this.commitOffsets = (offsets) => payload.commitOffsetsIfNecessary(offsets);
    const target = this.partitions.get(nameOf(batch.topic, batch.partition));
    const isCurrent = (): boolean =>
      this.state === 'member' && !this.isRebalancing && payload.isRunning() && !payload.isStale();
    if (!target?.isOpen || !isCurrent()) return;
    const beats = setInterval(() => this.heartbeat(payload), HEARTBEAT_MS);
    this.delivering += 1;
    try {
      await target.deliver(batch, {
        isCurrent,
        resolve: (lastOffset) => payload.resolveOffset(lastOffset.toString()),
      });
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.batchOptions.logger.error(`a batch of ${batch.topic}/${batch.partition} failed: ${what}`);
      target.pauseAfterDefect();
    } finally {
      this.delivering -= 1;
      clearInterval(beats);
    }
  }

  private heartbeat(payload: EachBatchPayload): void {
    payload.heartbeat().catch(() => {
      // kafkajs sends another one after the batch, and acts on what it hears.
      this.isRebalancing = true;
    });
  }
}

function nameOf(topic: string, partition: number): string {
  return `${partition} ${topic}`;
}
