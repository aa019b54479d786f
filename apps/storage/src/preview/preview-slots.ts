import { PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';

const RETRY_AFTER_SECONDS = 5;

/** Bounds how many previews run at once. */
export class PreviewSlots {
  private taken = 0;

  constructor(private readonly most: number) {}

  /** Takes a slot until the signal is aborted. Throws a `ProblemError` (429) where none is free. */
  take(until: AbortSignal): void {
    if (this.taken >= this.most) {
      const detail = `No more than ${this.most} previews run at once: come again later.`;
      throw new ProblemError(429, PROBLEM_CODES.tooManyRequests, detail, {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    if (until.aborted) return;
    this.taken += 1;
    until.addEventListener('abort', () => (this.taken -= 1), { once: true });
  }
}
