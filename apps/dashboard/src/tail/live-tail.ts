import { setTimeout as delay } from 'node:timers/promises';
import {
  anomaly,
  GROUP_WINDOW_EVENT_TYPES,
  groupPartial,
  HEADERS,
  TOPICS,
  windowAggregate,
} from '@tidewatch/contracts';
import type { ConsumedRecord, LogBatch, LogConsumer, MessageLog } from '@tidewatch/messaging';
import { decodeBlock } from '@tidewatch/readings';
import { livePointBytes, liveSeries, tailedReadings, unreadableRecords } from '../metrics';
import type { LiveState } from '../state/live-state';

const LIVE_TOPICS = [TOPICS.readings, TOPICS.aggregates, TOPICS.anomalies];
const GROUP_EVENTS = new Set<string>(Object.values(GROUP_WINDOW_EVENT_TYPES));
/** The past is known when for so long no record came that was appended before the start. */
const REBUILD_IDLE_MS = 5_000;
const RETRY_MS = 1_000;

export interface TailLogger {
  log(message: string): void;
  warn(message: string): void;
}

/**
 * Feeds the live state from the log. Two tails: one from now on, so that a restarted dashboard is live at once, and one over
 * the recent past, which gives way to it and ends when it has caught up. Both may bring a record: the state takes each
 * reading, window and anomaly once and goes by event time, so their order does not matter.
 */
export class LiveTail {
  readonly #live: LogConsumer;
  readonly #past: LogConsumer | undefined;
  readonly #stopping = new AbortController();
  #startedAtMs = Infinity;
  #pastSeenAtMs = 0;

  constructor(
    private readonly state: LiveState,
    log: MessageLog,
    historyMs: number,
    private readonly logger: TailLogger,
  ) {
    const topics = LIVE_TOPICS;
    this.#live = log.tail({
      name: 'dashboard-live',
      topics,
      sinceMs: 0,
      handle: (batch) => this.#apply(batch, true),
    });
    if (historyMs === 0) return;
    this.#past = log.tail({
      name: 'dashboard-past',
      topics,
      sinceMs: historyMs,
      handle: (batch) => this.#applyPast(batch),
    });
  }

  /** Resolves when the live tail runs; tries until it does, or until `stop`. The past is read in the background. */
  async start(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        this.#startedAtMs = Date.now();
        await this.#live.start();
        void this.#readPast();
        return;
      } catch (error) {
        this.logger.warn(
          `cannot read the log yet: ${error instanceof Error ? error.message : String(error)}`,
        );
        await this.#pause(RETRY_MS);
      }
    }
  }

  /** Rejects while nothing comes from the log. */
  check(): Promise<void> {
    const { status, detail } = this.#live.health();
    return status === 'up' ? Promise.resolve() : Promise.reject(new Error(detail));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#live.stop(), this.#past?.stop()]);
  }

  async #readPast(): Promise<void> {
    if (this.#past === undefined) return;
    try {
      await this.#past.start();
      this.#pastSeenAtMs = Date.now();
      while (Date.now() - this.#pastSeenAtMs < REBUILD_IDLE_MS && !this.#stopping.signal.aborted) {
        await this.#pause(250);
      }
      await this.#past.stop();
      this.logger.log(`read the recent past: ${this.state.seriesCount} series`);
    } catch (error) {
      this.logger.warn(
        `cannot read the recent past: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  async #applyPast(batch: LogBatch): Promise<void> {
    const startedAtMs = performance.now();
    if ((batch.records[0]?.appendedAtMs ?? Infinity) < this.#startedAtMs) this.#pastSeenAtMs = Date.now();
    this.#apply(batch, false);
    // Half of the time belongs to what comes in live.
    await this.#pause(performance.now() - startedAtMs);
  }

  #apply(batch: LogBatch, isLive: boolean): void {
    for (const record of batch.records) {
      try {
        this.#applyRecord(batch.topic, record, isLive);
      } catch {
        // Storage and processing dead-letter the same record with its reason: here a count is enough.
        unreadableRecords.inc({ topic: batch.topic });
      }
    }
    liveSeries.set(this.state.seriesCount);
    livePointBytes.set(this.state.pointBytes);
  }

  #applyRecord(topic: string, record: ConsumedRecord, isLive: boolean): void {
    // Only what is new measures how fast we are.
    const receivedAtMs = isLive ? Number(record.headers[HEADERS.receivedAtMs] ?? 0) : 0;
    if (topic === TOPICS.readings) {
      const batch = decodeBlock(record.value);
      this.state.applyReadings(batch, record.appendedAtMs, receivedAtMs);
      if (isLive) tailedReadings.inc(batch.seriesIndex.length);
    } else if (topic === TOPICS.aggregates) {
      this.#applyAggregate(record);
    } else {
      this.state.applyAnomaly(anomaly.parse(jsonOf(record)), receivedAtMs);
    }
  }

  #applyAggregate(record: ConsumedRecord): void {
    if (isGroupWindow(record)) this.state.groups.apply(groupPartial.parse(jsonOf(record)));
    else this.state.applyWindow(windowAggregate.parse(jsonOf(record)));
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}

function isGroupWindow({ headers }: ConsumedRecord): boolean {
  return GROUP_EVENTS.has(headers['ce_type'] ?? '');
}

function jsonOf(record: ConsumedRecord): unknown {
  return JSON.parse(
    Buffer.from(record.value.buffer, record.value.byteOffset, record.value.byteLength).toString(),
  );
}
