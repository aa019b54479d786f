import { grownInts } from '../columns';
import { type ByteReader, type ByteWriter, MOST_INT_BYTES, writeInt } from '../state/bytes';
import { bucketOf, middleOf, raised } from './buckets';

/** What is in a sketch: buckets ascending by number, and how many values are in each. */
export interface SketchContent {
  readonly level: number;
  readonly buckets: number[];
  readonly counts: number[];
}

/** Cells of a sketch's chunk before its buckets: number and count of each, ascending by number. */
const SIZE_CLASS = 0;
const LEVEL = 1;
const LENGTH = 2;
/** Which bucket was hit last: the next value falls into it more often than not. */
const LAST_HIT = 3;
const HEADER = 4;
const SMALLEST_CHUNK = 16;
const LARGEST_CLASS = 4;
/** So a sketch takes 1 KB at the most. */
export const MOST_BUCKETS = ((SMALLEST_CHUNK << LARGEST_CLASS) - HEADER) / 2;
const LARGEST_LEVEL = 17;
export const NO_SKETCH = -1;

/**
 * Quantile sketches that can be merged, each in a chunk of one array that grows with its number of buckets. What is in a sketch depends on
 * the values only, not on their order or on how they were merged: when there are too many buckets, all are merged in pairs.
 * A sketch is the index of its chunk, which changes when it grows: keep what the methods return.
 */
export class SketchPool {
  private ints = new Int32Array(1024);
  private unusedFrom = 0;
  private readonly firstFree = new Int32Array(LARGEST_CLASS + 1).fill(NO_SKETCH);

  /** Adds a value to a sketch, or to a new one where there is none. */
  add(sketch: number, value: number): number {
    if (sketch === NO_SKETCH) return this.count(this.allocate(0), bucketOf(value, 0), 1);
    const { ints } = this;
    const bucket = bucketOf(value, ints[sketch + LEVEL]!);
    const last = sketch + HEADER + ints[sketch + LAST_HIT]! * 2;
    if (ints[last] === bucket) {
      ints[last + 1]! += 1;
      return sketch;
    }
    return this.count(sketch, bucket, 1);
  }

  merge(into: number, from: number): number {
    if (from === NO_SKETCH) return into;
    let sketch = into === NO_SKETCH ? this.allocate(0) : into;
    const level = this.ints[from + LEVEL]!;
    while (this.ints[sketch + LEVEL]! < level) this.collapse(sketch);
    for (let i = 0; i < this.ints[from + LENGTH]!; i++) {
      const at = from + HEADER + i * 2;
      const bucket = raised(this.ints[at]!, this.ints[sketch + LEVEL]! - level);
      sketch = this.count(sketch, bucket, this.ints[at + 1]!);
    }
    return sketch;
  }

  free(sketch: number): void {
    if (sketch === NO_SKETCH) return;
    const sizeClass = this.ints[sketch + SIZE_CLASS]!;
    this.ints[sketch + LEVEL] = this.firstFree[sizeClass]!;
    this.firstFree[sizeClass] = sketch;
  }

  /** The value with `rank` lesser ones (from 0), within the relative error of the sketch. */
  valueAt(sketch: number, rank: number): number {
    const { ints } = this;
    const end = sketch + HEADER + ints[sketch + LENGTH]! * 2;
    let seen = 0;
    for (let at = sketch + HEADER; at < end; at += 2) {
      seen += ints[at + 1]!;
      if (seen > rank) return middleOf(ints[at]!, ints[sketch + LEVEL]!);
    }
    return NaN;
  }

  content(sketch: number): SketchContent {
    const { ints } = this;
    const buckets: number[] = [];
    const counts: number[] = [];
    for (let i = 0; i < ints[sketch + LENGTH]!; i++) {
      buckets.push(ints[sketch + HEADER + i * 2]!);
      counts.push(ints[sketch + HEADER + i * 2 + 1]!);
    }
    return { level: ints[sketch + LEVEL]!, buckets, counts };
  }

  /** A new sketch with this content. */
  of({ level, buckets, counts }: SketchContent): number {
    let sketch = this.allocate(0);
    this.ints[sketch + LEVEL] = level;
    for (const [i, bucket] of buckets.entries()) sketch = this.count(sketch, bucket, counts[i]!);
    return sketch;
  }

  write(sketch: number, writer: ByteWriter): void {
    const { ints } = this;
    const length = ints[sketch + LENGTH]!;
    writer.byte(ints[sketch + LEVEL]!);
    writer.byte(length);
    const first = sketch + HEADER;
    writer.signed(ints[first]!);
    writer.varint(ints[first + 1]!);
    writer.reserve((length - 1) * 2 * MOST_INT_BYTES);
    let at = writer.length;
    for (let cell = first + 2; cell < first + length * 2; cell += 2) {
      at = writeInt(writer.buffer, at, ints[cell]! - ints[cell - 2]!);
      at = writeInt(writer.buffer, at, ints[cell + 1]!);
    }
    writer.end(at);
  }

  /** Returns a new sketch. Throws `SnapshotError`. */
  read(reader: ByteReader): number {
    const level = reader.byte();
    const length = reader.byte();
    reader.require(level <= LARGEST_LEVEL && length > 0 && length <= MOST_BUCKETS, 'no sketch');
    let sketch = this.allocate(0);
    this.ints[sketch + LEVEL] = level;
    let bucket = 0;
    for (let i = 0; i < length; i++) {
      const code = reader.varint();
      if (i > 0) bucket += code;
      else bucket = code % 2 === 0 ? code / 2 : -(code + 1) / 2;
      reader.require((i === 0 || code > 0) && Math.abs(bucket) < 2 ** 17, 'buckets are not in order');
      sketch = this.count(sketch, bucket, reader.varint());
    }
    return sketch;
  }

  /** `bucket` is of the sketch's level. */
  private count(sketch: number, bucket: number, count: number): number {
    let wanted = bucket;
    for (;;) {
      const at = this.find(sketch, wanted);
      const length = this.ints[sketch + LENGTH]!;
      if (at < length && this.ints[sketch + HEADER + at * 2] === wanted) {
        this.ints[sketch + HEADER + at * 2 + 1]! += count;
        this.ints[sketch + LAST_HIT] = at;
        return sketch;
      }
      if (length < MOST_BUCKETS) return this.insert(sketch, at, wanted, count);
      this.collapse(sketch);
      wanted = raised(wanted, 1);
    }
  }

  /** Index of the first bucket whose number is not less. */
  private find(sketch: number, bucket: number): number {
    const { ints } = this;
    let low = 0;
    let high = ints[sketch + LENGTH]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ints[sketch + HEADER + middle * 2]! < bucket) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private insert(sketch: number, at: number, bucket: number, count: number): number {
    const length = this.ints[sketch + LENGTH]!;
    const sizeClass = this.ints[sketch + SIZE_CLASS]!;
    let chunk = sketch;
    if (HEADER + length * 2 + 2 > SMALLEST_CHUNK << sizeClass) {
      chunk = this.allocate(sizeClass + 1);
      this.ints.copyWithin(chunk + LEVEL, sketch + LEVEL, sketch + HEADER + length * 2);
      this.free(sketch);
    }
    const { ints } = this;
    const place = chunk + HEADER + at * 2;
    // Few move, mostly: a call of `copyWithin` would cost more.
    for (let i = chunk + HEADER + length * 2 - 1; i >= place; i--) ints[i + 2] = ints[i]!;
    ints[place] = bucket;
    ints[place + 1] = count;
    ints[chunk + LENGTH] = length + 1;
    ints[chunk + LAST_HIT] = at;
    return chunk;
  }

  /** Raises the level by one. */
  private collapse(sketch: number): void {
    const { ints } = this;
    const end = sketch + HEADER + ints[sketch + LENGTH]! * 2;
    let to = sketch + HEADER - 2;
    for (let at = sketch + HEADER; at < end; at += 2) {
      const bucket = raised(ints[at]!, 1);
      const count = ints[at + 1]!;
      if (to >= sketch + HEADER && ints[to] === bucket) ints[to + 1]! += count;
      else {
        to += 2;
        ints[to] = bucket;
        ints[to + 1] = count;
      }
    }
    ints[sketch + LEVEL]! += 1;
    ints[sketch + LENGTH] = (to + 2 - sketch - HEADER) / 2;
    ints[sketch + LAST_HIT] = 0;
  }

  private allocate(sizeClass: number): number {
    let sketch = this.firstFree[sizeClass]!;
    if (sketch !== NO_SKETCH) this.firstFree[sizeClass] = this.ints[sketch + LEVEL]!;
    else {
      sketch = this.unusedFrom;
      this.unusedFrom += SMALLEST_CHUNK << sizeClass;
      if (this.unusedFrom > this.ints.length) {
        this.ints = grownInts(this.ints, Math.max(this.unusedFrom, this.ints.length * 1.5), 0);
      }
    }
    const { ints } = this;
    ints[sketch + SIZE_CLASS] = sizeClass;
    ints[sketch + LEVEL] = ints[sketch + LENGTH] = ints[sketch + LAST_HIT] = 0;
    return sketch;
  }
}
