import { CompressionTypes } from 'kafkajs';
import { delay } from '../delivery/backoff';
import { describeError } from '../logger';
import { appendBytesInFlight } from '../metrics';
import { LogOverloadedError, LogUnavailableError } from '../port/errors';
import type { LogRecord } from '../port/log';
import { type AppendCall, AppendQueue, type Send } from './append-queue';
import type { ClientOptions } from './kafka-client';
import { KafkaProducer } from './kafka-producer';
import { within } from './within';

const RECONNECT_DELAY_MS = 100;
/** The caller's answer has to be out by the deadline, too. */
const DEADLINE_MARGIN = 0.95;

export interface KafkaAppenderOptions extends ClientOptions {
  readonly maxInFlightBytes: number;
  readonly deadlineMs: number;
  readonly compression: 'none' | 'gzip';
}

/**
 * Group commit: one request at a time (an idempotent producer of kafkajs is in order only then), and the next one takes what has
 * gathered meanwhile. Every call ends by its deadline, whatever kafkajs does.
 */
export class KafkaAppender {
  private readonly queue: AppendQueue;
  private producer: KafkaProducer | undefined;
  private pumping: Promise<void> | undefined;
  private bytesInFlight = 0;
  private lastFailure: unknown;

  constructor(private readonly options: KafkaAppenderOptions) {
    this.queue = new AppendQueue((bytes) => this.track(-bytes));
  }

  /** `bytes` gives the size of each record. Rejects as `MessageLog.append` does. */
  append(topic: string, records: readonly LogRecord[], bytes: (record: LogRecord) => number): Promise<void> {
    const { maxInFlightBytes, deadlineMs } = this.options;
    const total = records.reduce((sum, record) => sum + bytes(record), 0);
    if (this.bytesInFlight + total > maxInFlightBytes) {
      throw new LogOverloadedError(
        `${total} bytes more than ${this.bytesInFlight} in flight exceed ${maxInFlightBytes}`,
      );
    }
    this.track(total);
    return new Promise<void>((resolve, reject) => {
      const call = new Call(records.length, deadlineMs * DEADLINE_MARGIN, { resolve, reject }, () =>
        this.late(),
      );
      for (const record of records) this.queue.add(topic, record, bytes(record), call);
      this.pumping ??= this.pump();
    });
  }

  /** Resolves when every call so far has ended. */
  async flush(): Promise<void> {
    while (this.pumping) await this.pumping;
  }

  async close(): Promise<void> {
    await this.flush();
    const { producer } = this;
    this.producer = undefined;
    await producer?.close().catch(() => undefined);
    producer?.discard();
  }

  private late(): LogUnavailableError {
    return new LogUnavailableError('the log has not acknowledged in time', { cause: this.lastFailure });
  }

  private track(bytes: number): void {
    this.bytesInFlight += bytes;
    appendBytesInFlight.inc(bytes);
  }

  private async pump(): Promise<void> {
    // Calls of the same turn of the event loop share a request.
    await new Promise((resolve) => setImmediate(resolve));
    while (!this.queue.isEmpty) {
      const producer = await this.connected();
      const send = producer && this.queue.take();
      if (producer && send) await this.sendOut(producer, send);
      else this.queue.dropEnded();
    }
    this.pumping = undefined;
  }

  /** Nothing was sent yet, so a failure is no outcome: what waits keeps waiting until its deadline. */
  private async connected(): Promise<KafkaProducer | undefined> {
    if (this.producer) return this.producer;
    const { compression } = this.options;
    const producer = new KafkaProducer(
      this.options,
      compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None,
    );
    try {
      await within(producer.connect(), this.options.deadlineMs);
      this.producer = producer;
      return producer;
    } catch (error) {
      this.lastFailure = error;
      producer.discard();
      await delay(RECONNECT_DELAY_MS);
      return undefined;
    }
  }

  private async sendOut(producer: KafkaProducer, send: Send): Promise<void> {
    const calls = new Set(send.partitions.flatMap(({ records }) => records.map(({ call }) => call)));
    const deadlineAt = Math.max(...[...calls].map((call) => call.deadlineAt));
    const timeoutMs = Math.max(1, deadlineAt - Date.now());
    try {
      await within(producer.send(send, timeoutMs), timeoutMs);
      for (const { records } of send.partitions) for (const { call } of records) call.acknowledge();
    } catch (error) {
      this.lastFailure = error;
      this.producer = undefined;
      producer.discard();
      this.options.logger.warn(`an append failed, a new producer begins: ${describeError(error)}`);
      const failure = new LogUnavailableError('the log has not acknowledged', { cause: error });
      for (const call of calls) call.reject(failure);
    } finally {
      this.track(-send.bytes);
    }
  }
}

class Call implements AppendCall {
  readonly deadlineAt: number;
  settled = false;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private waiting: number,
    timeoutMs: number,
    private readonly outcome: { resolve: () => void; reject: (error: Error) => void },
    late: () => Error,
  ) {
    this.deadlineAt = Date.now() + timeoutMs;
    this.timer = setTimeout(() => this.reject(late()), timeoutMs);
  }

  acknowledge(): void {
    this.waiting -= 1;
    if (this.waiting > 0 || this.settled) return;
    this.settle();
    this.outcome.resolve();
  }

  reject(error: Error): void {
    if (this.settled) return;
    this.settle();
    this.outcome.reject(error);
  }

  private settle(): void {
    this.settled = true;
    clearTimeout(this.timer);
  }
}
