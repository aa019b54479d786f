const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;

/** Delays that double from 100 ms to 5 s, each with up to a quarter of jitter. */
export class Backoff {
  private attempts = 0;

  reset(): void {
    this.attempts = 0;
  }

  nextDelayMs(): number {
    const delay = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(this.attempts, 10));
    this.attempts += 1;
    return Math.round(delay * (1 - Math.random() / 4));
  }
}

/** Resolves after the delay, or at once when the signal aborts. Never rejects. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}
