export const HASH_BYTES = 16;
const MOST_BYTES = 1024 * 1024;
const MOST_ROWS = 4_096;

/** States for one statement, one behind the other in buffers that are used again: a checkpoint of thousands of series leaves no garbage. */
export class StateChunk {
  // Not filled with zeros, which nobody sees: most checkpoints write a small part of it.
  private readonly hashes = Buffer.allocUnsafeSlow(MOST_ROWS * HASH_BYTES);
  private states = Buffer.allocUnsafeSlow(MOST_BYTES);
  private starts: number[] = [];
  private lengths: number[] = [];
  private end = 0;

  get count(): number {
    return this.starts.length;
  }

  /** Whether there is no room for one more. For one alone there always is. */
  isFullWith(state: Uint8Array): boolean {
    return this.count === MOST_ROWS || (this.count > 0 && this.end + state.length > MOST_BYTES);
  }

  /** Copies both. */
  add(hash: Uint8Array, state: Uint8Array): void {
    const { end, count } = this;
    this.end = end + state.length;
    if (this.end > this.states.length) this.states = Buffer.concat([this.states], this.end);
    this.hashes.set(hash, count * HASH_BYTES);
    this.states.set(state, end);
    this.starts.push(end);
    this.lengths.push(state.length);
  }

  /** All hashes, all states, and where each of these begins and how long it is. Views: use them before the next change. */
  values(): [hashes: Buffer, states: Buffer, starts: number[], lengths: number[]] {
    const hashes = this.hashes.subarray(0, this.count * HASH_BYTES);
    return [hashes, this.states.subarray(0, this.end), this.starts, this.lengths];
  }

  clear(): void {
    this.starts = [];
    this.lengths = [];
    this.end = 0;
  }
}
