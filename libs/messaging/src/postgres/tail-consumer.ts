import type { Pool } from 'pg';
import { delay } from '../delivery/backoff';
import { describeError, type MessagingLogger } from '../logger';
import { tailFaults } from '../metrics';
import type { LogConsumer, Tail } from '../port/log';
import { FETCH_PACE_MS, FETCH_RETRY_MS } from './fetcher';
import { type Listener, RECORDS_CHANNEL } from './listener';
import { type Fetched, readRecords } from './record-reader';
import { findStart } from './tail-start';
import { WakeUp } from './wake-up';

const FETCH_BYTES = 4 * 1024 * 1024;

export interface TailConsumerOptions {
  readonly pool: Pool;
  readonly listener: Listener;
  readonly logger: MessagingLogger;
  readonly pollMs: number;
}

/** Reads everything of some topics, one topic beside the other; within a topic one batch after the other. */
export class TailConsumer implements LogConsumer {
  private readonly stopping = new AbortController();
  private readonly unlisten: (() => void)[] = [];
  private readonly wakeUps: WakeUp[] = [];
  private readonly failing = new Set<string>();
  private loops: Promise<unknown> = Promise.resolve();
  private partitions = 0;
  private isRunning = false;

  constructor(
    private readonly tail: Tail,
    private readonly options: TailConsumerOptions,
  ) {}

  /** Resolves when the place to begin at is found: what is appended later is seen. */
  async start(): Promise<void> {
    const { pool, listener } = this.options;
    const loops: (() => Promise<void>)[] = [];
    for (const topic of this.tail.topics) {
      const wakeUp = new WakeUp();
      this.wakeUps.push(wakeUp);
      this.unlisten.push(listener.on(RECORDS_CHANNEL, topic, () => wakeUp.wake()));
      const start = await findStart(pool, topic, this.tail.sinceMs);
      const offsets = new Map(start.map(({ partition, offset }) => [partition, offset]));
      this.partitions += start.length;
      loops.push(() => this.run(topic, offsets, wakeUp));
    }
    this.isRunning = true;
    this.loops = Promise.all(loops.map((loop) => loop()));
  }

  async stop(): Promise<void> {
    this.isRunning = false;
    this.stopping.abort();
    for (const off of this.unlisten) off();
    for (const wakeUp of this.wakeUps) wakeUp.wake();
    await this.loops;
  }

  health(): ReturnType<LogConsumer['health']> {
    const { partitions } = this;
    if (!this.isRunning) return { status: 'down', detail: 'not running', partitions };
    if (this.failing.size === 0) return { status: 'up', detail: `${partitions} partitions`, partitions };
    return { status: 'down', detail: `cannot read ${[...this.failing].join(', ')}`, partitions };
  }

  private async run(topic: string, offsets: Map<number, bigint>, wakeUp: WakeUp): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        const more = await this.readOnce(topic, offsets);
        this.failing.delete(topic);
        if (more) continue;
        await delay(FETCH_PACE_MS, signal);
        await wakeUp.wait(this.options.pollMs, signal);
      } catch (error) {
        this.failing.add(topic);
        this.options.logger.warn(`${this.tail.name}: cannot read ${topic}: ${describeError(error)}`);
        await delay(FETCH_RETRY_MS, signal);
      }
    }
  }

  /** Returns whether there may be more to read at once. */
  private async readOnce(topic: string, offsets: Map<number, bigint>): Promise<boolean> {
    const wanted = [...offsets].map(([partition, offset]) => ({ partition, offset }));
    const budget = FETCH_BYTES / wanted.length;
    const fetched = await readRecords(this.options.pool, topic, wanted, budget);
    let more = false;
    for (const part of fetched) {
      if (this.stopping.signal.aborted) return false;
      const nextOffset = part.records.at(-1)!.offset + 1n;
      offsets.set(part.partition, nextOffset);
      more ||= nextOffset < part.highWatermark;
      await this.handle(topic, part, nextOffset);
    }
    return more;
  }

  private async handle(topic: string, part: Fetched, nextOffset: bigint): Promise<void> {
    const { partition, records, highWatermark } = part;
    try {
      await this.tail.handle({ topic, partition, records, nextOffset, highWatermark });
    } catch (error) {
      tailFaults.inc({ tail: this.tail.name, topic });
      this.options.logger.error(
        `${this.tail.name}: lost ${records.length} records of ${topic}/${partition}: ${describeError(error)}`,
      );
    }
  }
}
