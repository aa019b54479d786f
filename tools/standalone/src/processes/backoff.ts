const FIRST_MS = 250;
const MAX_MS = 15_000;
/** A process that lived this long was healthy: the next fault is a new one. */
const HEALTHY_MS = 10_000;

/** Waiting times between restarts: 250 ms, doubled each time up to 15 s, from the start again after a healthy life. */
export class Backoff {
  private faults = 0;

  /** `lifetimeMs`: how long the process that just ended had lived. */
  next(lifetimeMs: number): number {
    if (lifetimeMs >= HEALTHY_MS) this.faults = 0;
    const delay = Math.min(MAX_MS, FIRST_MS * 2 ** this.faults);
    this.faults += 1;
    return delay;
  }
}
