import { setTimeout as delay } from 'node:timers/promises';

export interface Target {
  readonly url: string;
  readonly key: string;
}

export interface SenderCounts {
  accepted: number;
  /** Readings given up because too many waited. */
  dropped: number;
  retries: number;
}

/** The platform does not take our readings and will not: a wrong key, a wrong address. */
class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

const MAX_WAITING = 60;
const TIMEOUT_MS = 10_000;
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 10_000;

/** Sends batches one after another. Holds 60 at most: when the platform is away for longer, the oldest are given up. */
export class Sender {
  readonly counts: SenderCounts = { accepted: 0, dropped: 0, retries: 0 };
  private readonly waiting: { body: string; readings: number }[] = [];
  private running: Promise<void> | undefined;

  private readonly stopped = new AbortController();

  constructor(private readonly target: Target) {}

  get waitingBatches(): number {
    return this.waiting.length;
  }

  /** Takes a batch. `failed` is called once if the platform refuses for good. */
  send(readings: readonly object[], failed: (error: Error) => void): void {
    this.waiting.push({ body: JSON.stringify(readings), readings: readings.length });
    if (this.waiting.length > MAX_WAITING) this.counts.dropped += this.waiting.shift()!.readings;
    this.running ??= this.run()
      .catch((error: unknown) => {
        if (!this.stopped.signal.aborted) failed(error as Error);
      })
      .finally(() => (this.running = undefined));
  }

  /** Gives up what waits; nothing is sent any more. */
  stop(): void {
    this.stopped.abort();
  }

  private async run(): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS;
    while (this.waiting.length > 0) {
      const batch = this.waiting[0]!;
      const waitMs = await this.attempt(batch.body);
      if (waitMs === null) {
        this.counts.accepted += batch.readings;
        // It may have been given up meanwhile; the platform has it all the same.
        if (this.waiting[0] === batch) this.waiting.shift();
        else this.counts.dropped -= batch.readings;
        backoffMs = FIRST_BACKOFF_MS;
        continue;
      }
      this.counts.retries += 1;
      await delay(Math.max(waitMs, backoffMs), undefined, { signal: this.stopped.signal });
      backoffMs = Math.min(MAX_BACKOFF_MS, backoffMs * 2);
    }
  }

  /** Null when accepted, else how long the platform asks us to wait. Throws `RefusedError`. */
  private async attempt(body: string): Promise<number | null> {
    let response: Response;
    try {
      response = await fetch(`${this.target.url}/v1/readings`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': this.target.key },
        body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.arrayBuffer();
    } catch {
      return 0;
    }
    if (response.status === 202) return null;
    if (response.status === 429 || response.status >= 500) {
      return Number(response.headers.get('retry-after') ?? 0) * 1000 || 0;
    }
    throw new RefusedError(`${this.target.url} refuses the readings with status ${response.status}`);
  }
}
