import { grownFloats, grownInts } from '../columns';
import { type ByteReader, type ByteWriter, MOST_INT_BYTES, writeInt } from '../state/bytes';

const NONE = new Float64Array(0);
const SMALLEST_CAPACITY = 16;
/** Greatest times of a row that wait in a column: most readings touch this one place and not the row's own array. */
const WAITING = 8;
const MICROSECONDS = 0;
const MILLISECONDS = 1;
const US_PER_MS = 1_000;

/**
 * The recent event times of each series (by row), sorted: what tells a duplicate from a new reading, exactly.
 * Times below a row's floor (its watermark) are of no more use; they are dropped when room is needed.
 */
export class RecentTimes {
  /** By row: times `[start, end)` of its array, in order, and then those that wait. */
  private readonly times: Float64Array[] = [];
  private starts = new Int32Array(0);
  private ends = new Int32Array(0);
  private waiting = new Float64Array(0);
  private waitingCount = new Int32Array(0);

  grow(rows: number): void {
    this.starts = grownInts(this.starts, rows, 0);
    this.ends = grownInts(this.ends, rows, 0);
    this.waiting = grownFloats(this.waiting, rows * WAITING, 0);
    this.waitingCount = grownInts(this.waitingCount, rows, 0);
    while (this.times.length < rows) this.times.push(NONE);
  }

  /** Times held, stale ones included. */
  count(row: number): number {
    return this.ends[row]! - this.starts[row]! + this.waitingCount[row]!;
  }

  has(row: number, time: number, floor: number): boolean {
    this.settle(row, floor);
    const at = this.lowerBound(row, time);
    return at < this.ends[row]! && this.times[row]![at] === time;
  }

  /** `time` is greater than all times of the row. */
  append(row: number, time: number, floor: number): void {
    if (this.waitingCount[row] === WAITING) this.settle(row, floor);
    const waits = this.waitingCount[row]!;
    this.waiting[row * WAITING + waits] = time;
    this.waitingCount[row] = waits + 1;
  }

  /** `time` is not yet among the times of the row. */
  insert(row: number, time: number, floor: number): void {
    this.settle(row, floor);
    this.makeRoom(row, 1, floor);
    const at = this.lowerBound(row, time);
    const end = this.ends[row]!;
    this.times[row]!.copyWithin(at + 1, at, end);
    this.times[row]![at] = time;
    this.ends[row] = end + 1;
  }

  /** Drops times below `floor`; returns how many remain. */
  trim(row: number, floor: number): number {
    this.settle(row, floor);
    this.starts[row] = this.lowerBound(row, floor);
    return this.count(row);
  }

  /** `trim` that also gives back the room which the row no longer needs. */
  shrink(row: number, floor: number): number {
    const count = this.trim(row, floor);
    const times = this.times[row]!;
    if (times.length <= SMALLEST_CAPACITY || times.length < count * 4) return count;
    const start = this.starts[row]!;
    const smaller = count === 0 ? NONE : new Float64Array(Math.max(SMALLEST_CAPACITY, count * 2));
    smaller.set(times.subarray(start, start + count));
    this.times[row] = smaller;
    this.starts[row] = 0;
    this.ends[row] = count;
    return count;
  }

  /** The time with `n` lesser ones among those held, just after `trim`. */
  nth(row: number, n: number): number {
    return this.times[row]![this.starts[row]! + n]!;
  }

  release(row: number): void {
    this.times[row] = NONE;
    this.starts[row] = this.ends[row] = this.waitingCount[row] = 0;
  }

  /**
   * Differences of differences in varints, in milliseconds where all are whole ones, runs of zeros as one: a series of even pace takes a few bytes, one of
   * an uneven pace two for each time.
   */
  write(row: number, floor: number, writer: ByteWriter): void {
    const count = this.trim(row, floor);
    writer.varint(count);
    if (count === 0) return;
    const times = this.times[row]!;
    const start = this.starts[row]!;
    const end = start + count;
    const isWhole = haveWholeSteps(times, start, end);
    writer.byte(isWhole ? MILLISECONDS : MICROSECONDS);
    writer.float64(times[start]!);
    if (isWhole) writeWholeSteps(times, start, end, writer);
    else writeSteps(times, start, end, writer);
  }

  /** Into an empty row. Throws `SnapshotError`. */
  read(row: number, reader: ByteReader): void {
    const count = reader.varint();
    if (count === 0) return;
    reader.require(count <= 1_000_000, 'too many times');
    const times = new Float64Array(Math.max(SMALLEST_CAPACITY, count + (count >> 2)));
    const unit = reader.byte();
    reader.require(unit === MICROSECONDS || unit === MILLISECONDS, 'no unit of time');
    const step = unit === MILLISECONDS ? US_PER_MS : 1;
    let time = reader.float64();
    times[0] = time;
    let delta = 0;
    for (let i = 1; i < count;) {
      const change = reader.signed();
      const repeats = change === 0 ? reader.varint() : 1;
      delta += change;
      reader.require(delta > 0 && repeats > 0 && i + repeats <= count, 'times are not in order');
      for (const end = i + repeats; i < end; i++) times[i] = time += delta * step;
    }
    this.times[row] = times;
    this.starts[row] = 0;
    this.ends[row] = count;
  }

  /** First index at which a time is not less than `time`. */
  private lowerBound(row: number, time: number): number {
    const times = this.times[row]!;
    let low = this.starts[row]!;
    let high = this.ends[row]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (times[middle]! < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Moves the times that wait, where they are not stale by now, to the row's array. */
  private settle(row: number, floor: number): void {
    const waits = this.waitingCount[row]!;
    if (waits === 0) return;
    const first = row * WAITING;
    let fresh = first;
    while (fresh < first + waits && this.waiting[fresh]! < floor) fresh += 1;
    const count = first + waits - fresh;
    this.makeRoom(row, count, floor);
    const times = this.times[row]!;
    const end = this.ends[row]!;
    for (let i = 0; i < count; i++) times[end + i] = this.waiting[fresh + i]!;
    this.ends[row] = end + count;
    this.waitingCount[row] = 0;
  }

  /** Where `room` is not there, slides the live times to the front if that frees an eighth, else moves to a larger array. */
  private makeRoom(row: number, room: number, floor: number): void {
    const times = this.times[row]!;
    const end = this.ends[row]!;
    if (end + room <= times.length) return;
    const start = this.lowerBound(row, floor);
    if (start >= Math.max(room, times.length >> 3)) {
      times.copyWithin(0, start, end);
    } else {
      const larger = new Float64Array(Math.max(SMALLEST_CAPACITY, times.length * 2));
      larger.set(times.subarray(start, end));
      this.times[row] = larger;
    }
    this.starts[row] = 0;
    this.ends[row] = end - start;
  }
}

/** The greatest count, at least 1, to which all greater ones can be cut so that their sum is not above `most`. */
export function equalShare(counts: readonly number[], most: number): number {
  let left = most;
  const ascending = Float64Array.from(counts).sort();
  for (let i = 0; i < ascending.length; i++) {
    const share = left / (ascending.length - i);
    if (ascending[i]! > share) return Math.max(1, Math.floor(share));
    left -= ascending[i]!;
  }
  return Infinity;
}

/** Whether all are whole milliseconds apart, and less than half an hour. */
function haveWholeSteps(times: Float64Array, start: number, end: number): boolean {
  for (let i = start + 1; i < end; i++) {
    const step = times[i]! - times[i - 1]!;
    const whole = step | 0;
    if (whole !== step || whole % US_PER_MS !== 0) return false;
  }
  return true;
}

function writeWholeSteps(times: Float64Array, start: number, end: number, writer: ByteWriter): void {
  writer.reserve((end - start) * 2 * MOST_INT_BYTES);
  const { buffer } = writer;
  let at = writer.length;
  let delta = 0;
  let zeros = 0;
  for (let i = start + 1; i < end; i++) {
    const next = (((times[i]! - times[i - 1]!) | 0) / US_PER_MS) | 0;
    const change = next - delta;
    delta = next;
    if (change === 0) {
      zeros += 1;
      continue;
    }
    if (zeros > 0) at = writeInt(buffer, writeInt(buffer, at, 0), zeros);
    zeros = 0;
    at = writeInt(buffer, at, (change << 1) ^ (change >> 31));
  }
  if (zeros > 0) at = writeInt(buffer, writeInt(buffer, at, 0), zeros);
  writer.end(at);
}

function writeSteps(times: Float64Array, start: number, end: number, writer: ByteWriter): void {
  let delta = 0;
  let zeros = 0;
  for (let i = start + 1; i < end; i++) {
    const next = times[i]! - times[i - 1]!;
    const change = next - delta;
    delta = next;
    if (change === 0) {
      zeros += 1;
      continue;
    }
    if (zeros > 0) writeZeros(writer, zeros);
    zeros = 0;
    writer.signed(change);
  }
  if (zeros > 0) writeZeros(writer, zeros);
}

function writeZeros(writer: ByteWriter, count: number): void {
  writer.varint(0);
  writer.varint(count);
}
