export const HASH_BYTES = 16;
/** Of one statement: what it copies once more, and the database several times, stays in the caches of processors. */
const MOST_BYTES = 256 * 1024;
const MOST_ROWS = 4_096;
/** Dimensions, whether there are nulls, the type of the elements; how many there are and the number of the first. */
const HEADER_BYTES = 20;
const BYTEA_OID = 17;

/** An array of byte strings in PostgreSQL's binary form (`array_recv` of its source), in a buffer that is used again. */
class ByteaArray {
  // Not filled with zeros, which nobody sees: most checkpoints write a small part of it.
  private bytes: Buffer;
  private end = HEADER_BYTES;
  count = 0;

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafeSlow(HEADER_BYTES + capacity);
  }

  hasRoomFor(element: Uint8Array): boolean {
    return this.end + 4 + element.length <= this.bytes.length;
  }

  add(element: Uint8Array): void {
    const { length } = element;
    if (!this.hasRoomFor(element)) this.bytes = Buffer.concat([this.bytes], this.end + 4 + length);
    const start = this.bytes.writeUInt32BE(length, this.end);
    this.bytes.set(element, start);
    this.end = start + length;
    this.count += 1;
  }

  /** A view: use it before the next change. */
  value(): Buffer {
    const { bytes, count } = this;
    for (const [i, word] of [1, 0, BYTEA_OID, count, 1].entries()) bytes.writeUInt32BE(word, i * 4);
    return bytes.subarray(0, this.end);
  }

  clear(): void {
    this.end = HEADER_BYTES;
    this.count = 0;
  }
}

/** Hashes and states for one statement, in buffers that are used again: a checkpoint of thousands of series leaves no garbage. */
export class StateChunk {
  private readonly hashes = new ByteaArray(MOST_ROWS * (4 + HASH_BYTES));
  private readonly states = new ByteaArray(MOST_BYTES);

  get count(): number {
    return this.states.count;
  }

  /** Whether there is no room for one more. For one alone there always is. */
  isFullWith(state: Uint8Array): boolean {
    return this.count === MOST_ROWS || (this.count > 0 && !this.states.hasRoomFor(state));
  }

  /** Copies both. */
  add(hash: Uint8Array, state: Uint8Array): void {
    this.hashes.add(hash);
    this.states.add(state);
  }

  /** All hashes and all states as `bytea[]`. Views: use them before the next change. */
  values(): [hashes: Buffer, states: Buffer] {
    return [this.hashes.value(), this.states.value()];
  }

  clear(): void {
    this.hashes.clear();
    this.states.clear();
  }
}
