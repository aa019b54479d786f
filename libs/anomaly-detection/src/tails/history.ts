/**
 * The last values of a series, in a ring. The state lies in an array of the owner, who also keeps the slot that the next value goes to.
 * One object serves all series in turn: `open` turns it to the next one.
 */
export class History {
  private values: Float32Array;
  private first = 0;

  constructor(private readonly size: number) {
    this.values = new Float32Array(size);
  }

  /** Turns to the ring that begins at `first`. */
  open(values: Float32Array, first: number): void {
    this.values = values;
    this.first = first;
  }

  /** The value put `back` values ago, 1 being the last one; `back` is at most the number held. */
  ago(slot: number, back: number): number {
    const place = slot - back;
    return this.values[this.first + (place < 0 ? place + this.size : place)]!;
  }

  /** Sum of `count` values from the last one back. */
  recentSum(slot: number, count: number): number {
    let sum = 0;
    if (slot >= count) {
      const end = this.first + slot;
      for (let place = end - 1; place >= end - count; place--) sum += this.values[place]!;
      return sum;
    }
    for (let back = 1; back <= count; back++) sum += this.ago(slot, back);
    return sum;
  }

  put(slot: number, value: number): void {
    this.values[this.first + slot] = value;
  }
}
