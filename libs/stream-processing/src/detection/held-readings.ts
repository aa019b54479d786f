import { grownInts } from '../columns';
import type { ByteReader, ByteWriter } from '../state/bytes';

/** Readings of one series that can wait at once: 4 to 8 KB. */
export const MOST_HELD = 256;
const FEWEST = 8;
const NONE = new Float64Array(0);

/** Readings of each series (by row) that wait for earlier ones, in order of time. */
export class HeldReadings {
  /** By row: times and values in turn, those of readings `[start, end)`. */
  private readonly held: Float64Array[] = [];
  private starts = new Int32Array(0);
  private ends = new Int32Array(0);

  grow(rows: number): void {
    this.starts = grownInts(this.starts, rows, 0);
    this.ends = grownInts(this.ends, rows, 0);
    while (this.held.length < rows) this.held.push(NONE);
  }

  count(row: number): number {
    return this.ends[row]! - this.starts[row]!;
  }

  /** Where `count` is below `MOST_HELD`; `time` is not yet among them. */
  insert(row: number, time: number, value: number): void {
    this.makeRoom(row);
    const held = this.held[row]!;
    const end = this.ends[row]!;
    let at = end;
    while (at > this.starts[row]! && held[(at - 1) * 2]! > time) at--;
    held.copyWithin((at + 1) * 2, at * 2, end * 2);
    held[at * 2] = time;
    held[at * 2 + 1] = value;
    this.ends[row] = end + 1;
  }

  /** Time of the earliest, where there is one. */
  firstTime(row: number): number {
    return this.held[row]![this.starts[row]! * 2]!;
  }

  /** Takes the earliest away and returns its value. */
  shift(row: number): number {
    const start = this.starts[row]!;
    this.starts[row] = start + 1;
    return this.held[row]![start * 2 + 1]!;
  }

  release(row: number): void {
    this.held[row] = NONE;
    this.starts[row] = this.ends[row] = 0;
  }

  write(row: number, writer: ByteWriter): void {
    writer.varint(this.count(row));
    for (let i = this.starts[row]! * 2; i < this.ends[row]! * 2; i++) writer.float64(this.held[row]![i]!);
  }

  /** Into an empty row. Throws `SnapshotError`. */
  read(row: number, reader: ByteReader): void {
    const count = reader.varint();
    reader.require(count <= MOST_HELD, 'too many readings wait');
    let last = -Infinity;
    for (let left = count; left > 0; left--) {
      const time = reader.float64();
      reader.require(time > last, 'readings that wait are not in order');
      last = time;
      this.insert(row, time, reader.float64());
    }
  }

  private makeRoom(row: number): void {
    const held = this.held[row]!;
    const start = this.starts[row]!;
    const end = this.ends[row]!;
    if (end * 2 < held.length) return;
    // Sliding only where half of it is free: a reading then costs one move on average.
    if (start * 4 >= held.length && start > 0) held.copyWithin(0, start * 2, end * 2);
    else {
      const larger = new Float64Array(Math.max(FEWEST * 2, held.length * 2));
      larger.set(held.subarray(start * 2, end * 2));
      this.held[row] = larger;
    }
    this.starts[row] = 0;
    this.ends[row] = end - start;
  }
}
