import { setImmediate } from 'node:timers/promises';

/** Other partitions of the process, their heartbeats above all, wait no longer than this. */
const LONGEST_MS = 5;

/** A turn of one partition at the only thread there is. */
export class Turn {
  private endsAtMs = performance.now() + LONGEST_MS;

  get isOver(): boolean {
    return performance.now() >= this.endsAtMs;
  }

  /** Lets the others have theirs. */
  async pass(): Promise<void> {
    await setImmediate();
    this.endsAtMs = performance.now() + LONGEST_MS;
  }
}
