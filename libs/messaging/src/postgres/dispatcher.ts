import { DEFAULT_MAX_WAIT_MS } from '../options';
import type { Subscription } from '../port/log';
import type { PartitionLane } from './partition-lane';

const TICK_MS = 1_000;

export interface DispatcherOptions {
  readonly subscription: Subscription;
  readonly lanes: ReadonlyMap<number, PartitionLane>;
  /** Lanes at work at the same time; what waits meanwhile makes the next batches larger. */
  readonly concurrency: number;
  readonly onFenced: (lane: PartitionLane) => void;
  /** The lane has room again, or fetches from elsewhere. */
  readonly onDrained: () => void;
}

/** Hands what was fetched to the handlers: per partition one call at a time, over all partitions a few. */
export class Dispatcher {
  private active = 0;
  private later: NodeJS.Timeout | undefined;
  private ticker: NodeJS.Timeout | undefined;
  private running = false;

  constructor(private readonly options: DispatcherOptions) {}

  start(): void {
    this.running = true;
    this.ticker = setInterval(() => this.dispatch(), TICK_MS);
  }

  /** Starts nothing new; what is at work goes on. */
  stop(): void {
    this.running = false;
    clearInterval(this.ticker);
    clearTimeout(this.later);
  }

  /** Starts work on the lanes that have some, those that wait longest first. */
  dispatch(): void {
    if (!this.running) return;
    const now = Date.now();
    const waitMs = this.waitMs(now);
    const ready = [...this.options.lanes.values()]
      .filter((lane) => !lane.busy && lane.isOpen)
      .filter((lane) => (waitMs === 0 && lane.hasRecords()) || isTickDue(lane, now))
      .sort((a, b) => a.queuedSince - b.queuedSince);
    for (const lane of ready.slice(0, Math.max(0, this.options.concurrency - this.active))) {
      void this.work(lane, waitMs === 0);
    }
    clearTimeout(this.later);
    if (waitMs > 0 && waitMs < Infinity) this.later = setTimeout(() => this.dispatch(), waitMs);
  }

  /** 0 when `minBatchBytes` have gathered over all partitions or the oldest record has waited `maxWaitMs`. */
  private waitMs(now: number): number {
    const { minBatchBytes = 0, maxWaitMs = DEFAULT_MAX_WAIT_MS } = this.options.subscription;
    let bytes = 0;
    let waitMs = Infinity;
    for (const lane of this.options.lanes.values()) {
      if (!lane.hasRecords()) continue;
      bytes += lane.queuedBytes;
      waitMs = Math.min(waitMs, Math.max(0, lane.queuedSince + maxWaitMs - now));
    }
    return bytes >= minBatchBytes && waitMs < Infinity ? 0 : waitMs;
  }

  private async work(lane: PartitionLane, deliver: boolean): Promise<void> {
    lane.busy = true;
    this.active += 1;
    let alive = true;
    const hasBatch = deliver && lane.hasRecords();
    if (hasBatch) alive = lane.apply(await lane.runner.deliver(lane.take()));
    const now = Date.now();
    if (alive && isTickDue(lane, now)) {
      lane.lastTick = now;
      alive = lane.apply(await lane.runner.tick());
    }
    lane.busy = false;
    this.active -= 1;
    if (!alive) this.options.onFenced(lane);
    const pauseMs = lane.pauseMs(Date.now());
    if (pauseMs > 0) setTimeout(this.options.onDrained, pauseMs).unref();
    else if (hasBatch) this.options.onDrained();
    this.dispatch();
  }
}

function isTickDue(lane: PartitionLane, now: number): boolean {
  return now - lane.lastTick >= TICK_MS && lane.pauseMs(now) === 0;
}
