/**
 * Measures for how long a partition has had no records, by a clock that only goes forward: from a record, or from the takeover, so never for longer than it
 * has. What is made of it is written down before it counts.
 */
export class Silence {
  private sinceMs = performance.now();
  /** When the time of the stream was what it is now. */
  private setMs = this.sinceMs;

  /** Silences begin to count after `leastMs`. */
  constructor(private readonly leastMs: number) {}

  /** A record has come. */
  end(): void {
    this.sinceMs = this.setMs = performance.now();
  }

  /** To what time a stream that is at `timeMs` could go on; undefined while the silence is short. */
  until(timeMs: number): number | undefined {
    const nowMs = performance.now();
    return nowMs - this.sinceMs < this.leastMs ? undefined : timeMs + Math.floor(nowMs - this.setMs);
  }

  /** The stream has gone on by so much. */
  passed(ms: number): void {
    this.setMs += ms;
  }
}
