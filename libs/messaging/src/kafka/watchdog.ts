const TICK_MS = 1_000;
/** A handler may take its time: a database that does not answer is not cured by a new process. */
const DELIVERY_FACTOR = 10;

export interface WatchdogOptions {
  readonly maxSilenceMs: number;
  /** Whether a handler is at work, which holds up the fetching. */
  readonly isDelivering: () => boolean;
  /** Rejects when the broker is away. */
  readonly probe: () => Promise<void>;
  readonly onSilence: (error: Error) => void;
}

/**
 * Notices when kafkajs has stopped to fetch although the broker answers. While the broker is away there is nothing to cure.
 * Silence is counted in ticks and not by the clock: a process that was stopped, or a laptop that slept, gets its time to come back.
 */
export class Watchdog {
  private silenceMs = 0;
  private timer: NodeJS.Timeout | undefined;
  private probing = false;

  constructor(private readonly options: WatchdogOptions) {}

  start(): void {
    this.timer = setInterval(() => void this.tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** A fetch has returned. */
  sign(): void {
    this.silenceMs = 0;
  }

  async tick(): Promise<void> {
    this.silenceMs += TICK_MS;
    const { maxSilenceMs, isDelivering, probe, onSilence } = this.options;
    const limit = isDelivering() ? maxSilenceMs * DELIVERY_FACTOR : maxSilenceMs;
    if (this.silenceMs < limit || this.probing) return;
    this.probing = true;
    try {
      await probe();
      if (this.silenceMs >= limit) onSilence(new Error(`no fetch for ${this.silenceMs} ms`));
    } catch {
      // The broker is away.
    } finally {
      this.silenceMs = 0;
      this.probing = false;
    }
  }
}
