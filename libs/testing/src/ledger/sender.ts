import { setTimeout as delay } from 'node:timers/promises';
import { type DeviceGenerator, type GeneratorOptions, deviceGenerators, plantSeries } from './generator';
import { type LedgerReading, type LedgerSeries, LedgerWriter } from './ledger-file';

export interface SenderOptions extends GeneratorOptions {
  /** URL of `POST /v1/readings`. */
  readonly url: string;
  readonly key: string;
  readonly ledgerPath: string;
  /** Pause between the requests of one device. */
  readonly pauseMs: number;
  /** How long one request is tried again after 5xx, 429, a reset or a time-out, before the run gives up on it. */
  readonly patienceMs: number;
}

export interface SentCounts {
  requests: number;
  readings: number;
  /** Attempts that were not answered with 202, by status or `unknown`. */
  retries: Record<string, number>;
}

const ATTEMPT_TIMEOUT_MS = 8_000;
const RETRY_PAUSE_MS = 100;

/**
 * Sends as careful clients do: the devices side by side, the requests of one device in order, each tried again with the same
 * content until it is acknowledged. All begin together: a device whose first readings wait for a service that was killed would be late for its groups, of which
 * it is a member from its first reading on. `stop` ends it with readings that close all windows.
 */
export class LedgerSender {
  readonly counts: SentCounts = { requests: 0, readings: 0, retries: {} };
  private readonly series: LedgerSeries[];
  private readonly ledger: LedgerWriter;
  private readonly devices: DeviceGenerator[];
  private running: Promise<void>[] = [];
  private stopping = false;
  private unanswered = 0;

  constructor(private readonly options: SenderOptions) {
    this.series = plantSeries(options.devices, options.devicePrefix);
    this.devices = deviceGenerators(options);
    this.ledger = new LedgerWriter(options.ledgerPath);
    this.ledger.append({ kind: 'series', series: this.series });
  }

  get requestsInFlight(): number {
    return this.unanswered;
  }

  start(): void {
    const opened = Promise.all(
      this.devices.map((device, index) => this.send(`${index}-opening`, device.opening())),
    );
    this.running = this.devices.map((device, index) => opened.then(() => this.play(device, index)));
    // `stop` reports a failure; until then it must not end the process as an unhandled rejection.
    for (const running of this.running) running.catch(() => undefined);
  }

  /** Resolves when every request is acknowledged and the ledger is on disk; rejects when one could not be sent. */
  async stop(): Promise<void> {
    this.stopping = true;
    try {
      await Promise.all(this.running);
    } finally {
      await this.ledger.close();
    }
  }

  private async play(device: DeviceGenerator, index: number): Promise<void> {
    let turn = 0;
    while (!this.stopping) {
      await this.send(`${index}-${turn++}`, device.next());
      await delay(this.options.pauseMs);
    }
    await this.send(`${index}-closing`, device.closing());
  }

  private async send(request: string, readings: LedgerReading[]): Promise<void> {
    this.ledger.append({ kind: 'sent', request, readings });
    const body = JSON.stringify({ readings: readings.map((reading) => this.toJson(reading)) });
    const until = Date.now() + this.options.patienceMs;
    for (;;) {
      const status = await this.attempt(body);
      this.ledger.append({ kind: 'answered', request, status });
      if (status === 202) break;
      this.counts.retries[status] = (this.counts.retries[status] ?? 0) + 1;
      const final = status !== 'unknown' && status < 500 && status !== 429;
      if (final || Date.now() > until) throw new Error(`request ${request} ended with ${status}`);
      await delay(RETRY_PAUSE_MS);
    }
    this.counts.requests += 1;
    this.counts.readings += readings.length;
  }

  private async attempt(body: string): Promise<number | 'unknown'> {
    this.unanswered += 1;
    try {
      const response = await fetch(this.options.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': this.options.key },
        body,
        signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS),
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return 'unknown';
    } finally {
      this.unanswered -= 1;
    }
  }

  private toJson([series, timeUs, value]: LedgerReading): unknown {
    const { device, metric, tags } = this.series[series]!;
    return { device, metric, tags, value, time: timeAsText(timeUs) };
  }
}

/** RFC 3339 with microseconds. Deliberately not the product's own formatter: this side must not share its mistakes. */
function timeAsText(timeUs: number): string {
  const seconds = Math.floor(timeUs / 1e6);
  const micros = String(timeUs - seconds * 1e6).padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${micros}Z`;
}
