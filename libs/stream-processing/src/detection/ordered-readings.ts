import type { ByteReader, ByteWriter } from '../state/bytes';

const FEWEST = 8;

/** Readings of one series in order of time: 16 bytes each, and up to twice as much while they grow. */
export class OrderedReadings {
  /** Times and values in turn, those of readings `[start, end)`. */
  private held = new Float64Array(FEWEST * 2);
  private start = 0;
  private end = 0;

  get count(): number {
    return this.end - this.start;
  }

  /** Of the reading with `n` earlier ones. */
  time(n: number): number {
    return this.held[(this.start + n) * 2]!;
  }

  value(n: number): number {
    return this.held[(this.start + n) * 2 + 1]!;
  }

  /** `time` is not yet among them. */
  insert(time: number, value: number): void {
    this.makeRoom();
    const { held, start, end } = this;
    let at = end;
    while (at > start && held[(at - 1) * 2]! > time) at--;
    held.copyWithin((at + 1) * 2, at * 2, end * 2);
    held[at * 2] = time;
    held[at * 2 + 1] = value;
    this.end = end + 1;
  }

  /** Takes the earliest away and returns its value. */
  shift(): number {
    this.start += 1;
    return this.held[this.start * 2 - 1]!;
  }

  /** How many are not later than `time`. */
  countUntil(time: number): number {
    let n = 0;
    while (n < this.count && this.time(n) <= time) n++;
    return n;
  }

  /** Takes the `n` earliest away. */
  drop(n: number): void {
    this.start += n;
  }

  write(writer: ByteWriter): void {
    writer.varint(this.count);
    for (let i = this.start * 2; i < this.end * 2; i++) writer.float64(this.held[i]!);
  }

  /** At most `most`. Throws `SnapshotError`. */
  static read(reader: ByteReader, most: number): OrderedReadings {
    const readings = new OrderedReadings();
    const count = reader.varint();
    reader.require(count <= most, 'too many readings');
    let last = -Infinity;
    for (let left = count; left > 0; left--) {
      const time = reader.float64();
      reader.require(time > last, 'readings are not in order');
      last = time;
      readings.insert(time, reader.float64());
    }
    return readings;
  }

  private makeRoom(): void {
    const { held, start, end } = this;
    if (end * 2 < held.length) return;
    // Sliding only where half of it is free: a reading then costs one move on average.
    if (start * 4 >= held.length) held.copyWithin(0, start * 2, end * 2);
    else {
      const larger = new Float64Array(held.length * 2);
      larger.set(held.subarray(start * 2, end * 2));
      this.held = larger;
    }
    this.start = 0;
    this.end = end - start;
  }
}
