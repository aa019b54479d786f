import type { Pool } from 'pg';
import type { CheckpointStore } from '../checkpoints/checkpoint-store';
import { delay } from '../delivery/backoff';
import { PartitionRunner, type PartitionRunnerOptions } from '../delivery/partition-runner';
import { describeError, type MessagingLogger } from '../logger';
import { consumerLag } from '../metrics';
import type { LogConsumer, Subscription } from '../port/log';
import { Dispatcher } from './dispatcher';
import { FETCH_RETRY_MS, Fetcher } from './fetcher';
import { GROUPS_CHANNEL, type Listener, RECORDS_CHANNEL } from './listener';
import { Membership, type Share } from './membership';
import { PartitionLane } from './partition-lane';
import { readWatermarks } from './record-reader';
import { WakeUp } from './wake-up';

const MIN_BEAT_GAP_MS = 50;
/** An opening that takes longer is a fault, for the health check. */
const SLOW_OPENING_MS = 10_000;

export interface GroupConsumerOptions {
  readonly pool: Pool;
  readonly listener: Listener;
  readonly checkpoints: CheckpointStore;
  readonly deadLetter: PartitionRunnerOptions['deadLetter'];
  readonly logger: MessagingLogger;
  readonly instanceId: string;
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly concurrency: number;
}

/**
 * One subscription in one process: a heartbeat that keeps its share of the partitions, a fetcher that reads ahead for all
 * of them, and a lane for each, from which the dispatcher serves the handlers.
 */
export class GroupConsumer implements LogConsumer {
  private readonly lanes = new Map<number, PartitionLane>();
  /** Closed, and not released yet: not to be opened again. */
  private readonly releasing = new Map<number, Promise<void>>();
  private readonly closing = new Set<Promise<void>>();
  private readonly membership: Membership;
  private readonly fetcher: Fetcher;
  private readonly dispatcher: Dispatcher;
  private readonly beatWake = new WakeUp();
  private readonly stopping = new AbortController();
  private readonly unlisten: (() => void)[] = [];
  private loops: Promise<unknown> = Promise.resolve();
  private state: 'new' | 'running' | 'stopping' = 'new';
  private lastBeat = 0;
  /** By partition, a checkpoint which the log did not reach: see `place`. */
  private readonly unreached = new Map<number, bigint>();

  constructor(
    private readonly subscription: Subscription,
    private readonly options: GroupConsumerOptions,
  ) {
    const { consumer, topic } = subscription;
    const { pool, logger, pollMs, leaseMs, concurrency } = options;
    const { lanes } = this;
    this.membership = new Membership({ pool, consumer, topic, member: options.instanceId, leaseMs });
    this.dispatcher = new Dispatcher({
      subscription,
      lanes,
      concurrency,
      onFenced: (lane) => this.leaveLane(lane),
      onDrained: () => this.fetcher.wake(),
    });
    this.fetcher = new Fetcher({
      pool,
      subscription,
      lanes,
      logger,
      pollMs,
      onFetched: () => this.dispatcher.dispatch(),
    });
  }

  async start(): Promise<void> {
    if (this.state !== 'new') throw new Error('a consumer starts once');
    this.state = 'running';
    const { consumer, topic } = this.subscription;
    const { listener } = this.options;
    await this.membership.join();
    this.unlisten.push(
      listener.on(RECORDS_CHANNEL, topic, () => this.fetcher.wake()),
      listener.on(GROUPS_CHANNEL, `${consumer}/${topic}`, () => this.beatWake.wake()),
    );
    this.dispatcher.start();
    this.loops = Promise.all([this.beatLoop(), this.fetcher.run(this.stopping.signal)]);
  }

  async stop(): Promise<void> {
    if (this.state === 'running') {
      this.stopping.abort();
      this.dispatcher.stop();
      this.fetcher.wake();
      this.beatWake.wake();
      for (const off of this.unlisten) off();
      this.loops = this.loops.then(() => this.handOver());
    }
    this.state = 'stopping';
    await this.loops;
  }

  health(): ReturnType<LogConsumer['health']> {
    const partitions = this.lanes.size;
    const fault = this.fault(Date.now());
    return fault === undefined
      ? { status: 'up', detail: `${partitions} partitions`, partitions }
      : { status: 'down', detail: fault, partitions };
  }

  private fault(now: number): string | undefined {
    if (this.state !== 'running') return 'not running';
    if (now - this.lastBeat > this.options.leaseMs) return 'no heartbeat in the time of a lease';
    if (this.unreached.size > 0) return 'a checkpoint is beyond the end of the log';
    const paused = [...this.lanes.values()].filter(
      (lane) => lane.pauseMs(now) > 0 || (!lane.isOpen && now - lane.openedSince > SLOW_OPENING_MS),
    );
    if (paused.length === 0) return undefined;
    return `paused by a fault: ${paused.map((lane) => lane.partition).join(', ')}`;
  }

  private async beatLoop(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        for (const lane of this.lanes.values()) if (lane.isBeyondEnd) this.dropLane(lane);
        this.adopt(await this.membership.beat());
        this.lastBeat = Date.now();
        await this.measureLag();
      } catch (error) {
        this.options.logger.warn(`${this.subscription.consumer}: no heartbeat: ${describeError(error)}`);
      }
      await delay(MIN_BEAT_GAP_MS, signal);
      await this.beatWake.wait(this.options.leaseMs / 3, signal);
    }
  }

  private adopt({ owned, surplus }: Share): void {
    for (const lane of this.lanes.values()) if (!owned.has(lane.partition)) this.leaveLane(lane);
    for (const partition of this.unreached.keys()) {
      if (!owned.has(partition) || surplus.includes(partition)) this.unreached.delete(partition);
    }
    for (const partition of surplus) this.giveBack(partition);
    for (const partition of owned) {
      if (!this.lanes.has(partition) && !this.releasing.has(partition)) this.openLane(partition);
    }
  }

  private openLane(partition: number): void {
    const { topic, maxBatchBytes } = this.subscription;
    const { checkpoints, deadLetter, logger, instanceId } = this.options;
    const runner = new PartitionRunner({
      subscription: this.subscription,
      partition,
      owner: instanceId,
      checkpoints,
      deadLetter,
      logger,
    });
    const lane = new PartitionLane({ topic, partition, runner, maxBatchBytes });
    this.lanes.set(partition, lane);
    runner.open().then(
      (offset) => this.place(lane, offset),
      () => undefined, // It was given up meanwhile.
    );
  }

  /**
   * Begins to fetch at the checkpoint, unless the log ended before it: then the log was replaced or cut, and when it grows past the
   * checkpoint, what it got until there would be skipped in silence. The next heartbeats look for a corrected checkpoint.
   */
  private async place(lane: PartitionLane, offset: bigint): Promise<void> {
    const { partition } = lane;
    const { consumer, topic } = this.subscription;
    while (this.lanes.get(partition) === lane && !this.stopping.signal.aborted) {
      try {
        const end = (await readWatermarks(this.options.pool, topic)).get(partition)?.nextOffset ?? 0n;
        if (offset <= end && this.unreached.get(partition) !== offset) {
          this.unreached.delete(partition);
          lane.fetchOffset = offset;
          this.fetcher.wake();
          return;
        }
        if (this.lanes.get(partition) !== lane) return;
        this.unreached.set(partition, offset);
        lane.isBeyondEnd = true;
        this.options.logger.error(
          `${consumer}: ${topic}/${partition} ended before the checkpoint ${offset.toString()} (now at ${end.toString()}). ` +
            'Was the log replaced? It is not read until the checkpoint is corrected.',
        );
        return;
      } catch (error) {
        this.options.logger.warn(`${consumer}: cannot see what ${topic} holds: ${describeError(error)}`);
        await delay(FETCH_RETRY_MS, this.stopping.signal);
      }
    }
  }

  /** The partition is somebody else's, or will be opened anew after the next heartbeat. */
  private leaveLane(lane: PartitionLane): void {
    if (this.lanes.get(lane.partition) !== lane) return;
    this.dropLane(lane);
    this.beatWake.wake();
  }

  private dropLane(lane: PartitionLane): void {
    this.lanes.delete(lane.partition);
    lane.runner.abort();
    const closed = lane.runner.close();
    this.closing.add(closed);
    void closed.then(() => this.closing.delete(closed));
  }

  /** Closes the handler first, so that the next owner begins where this one ended. */
  private giveBack(partition: number): void {
    if (this.releasing.has(partition)) return;
    const lane = this.lanes.get(partition);
    this.lanes.delete(partition);
    const released = this.closeAndRelease(lane, partition);
    this.releasing.set(partition, released);
    void released.then(() => this.releasing.delete(partition));
  }

  private async closeAndRelease(lane: PartitionLane | undefined, partition: number): Promise<void> {
    await lane?.runner.close();
    try {
      await this.membership.release([partition]);
    } catch (error) {
      this.options.logger.warn(`${this.subscription.consumer}: not released yet: ${describeError(error)}`);
    }
  }

  private async handOver(): Promise<void> {
    const lanes = [...this.lanes.values()];
    this.lanes.clear();
    await Promise.all([
      ...lanes.map((lane) => lane.runner.close()),
      ...this.closing,
      ...this.releasing.values(),
    ]);
    try {
      await this.membership.leave();
    } catch (error) {
      this.options.logger.warn(
        `${this.subscription.consumer}: its leases run out by themselves: ${describeError(error)}`,
      );
    }
  }

  /** Also while nothing is delivered: a partition that stands still is the one whose lag matters. */
  private async measureLag(): Promise<void> {
    const { consumer, topic } = this.subscription;
    const positions = new Map<number, bigint>();
    for (const { isOpen, partition, runner } of this.lanes.values()) {
      if (isOpen) positions.set(partition, runner.nextOffset);
    }
    const watermarks = await readWatermarks(this.options.pool, topic);
    for (const [partition, position] of positions) {
      const end = watermarks.get(partition)?.nextOffset ?? 0n;
      const lane = this.lanes.get(partition);
      if (!lane) continue;
      consumerLag.set({ consumer, topic, partition }, Math.max(0, Number(end - position)));
      // The log was cut under it; opened again it learns what its checkpoint is worth.
      if (position > end) this.leaveLane(lane);
    }
  }
}
