import type { ReadingBatch } from '@tidewatch/readings';
import { POSTGRES_EPOCH_US, TWO_TO_32 } from '../postgres-time';

const US_PER_DAY = 86_400_000_000;
const MIN_CAPACITY = 4_096;

/**
 * Rows for the table `readings` as columns, distinct by (series, time): of rows with the same identity the first stands.
 * Times are signed 64-bit microseconds since 2000-01-01, kept as two halves, which is what both the hash and the wire want.
 * The memory is reused from batch to batch.
 */
export class ReadingRows {
  length = 0;
  seriesId = new Int32Array(MIN_CAPACITY);
  timeHigh = new Int32Array(MIN_CAPACITY);
  timeLow = new Int32Array(MIN_CAPACITY);
  value = new Float64Array(MIN_CAPACITY);
  /** Rows left out because an earlier one, of the batch or in the table, has the same identity. */
  duplicates = 0;
  /** Those of `duplicates` whose value differs from the first one's. */
  conflicts = 0;

  /** Open addressing: row number plus one, 0 for a free slot. At most half full. */
  #slots = new Int32Array(2 * MIN_CAPACITY);

  /** Forgets all rows and makes room for as many. */
  reset(capacity: number): void {
    this.length = 0;
    this.duplicates = 0;
    this.conflicts = 0;
    if (capacity > this.seriesId.length) this.#grow(capacity);
    this.#slots.fill(0);
  }

  #grow(capacity: number): void {
    const size = 2 ** Math.ceil(Math.log2(capacity));
    this.seriesId = new Int32Array(size);
    this.timeHigh = new Int32Array(size);
    this.timeLow = new Int32Array(size);
    this.value = new Float64Array(size);
    this.#slots = new Int32Array(2 * size);
  }

  /** Adds a block, whose series have the given ids. `reset` must have made room. */
  add(batch: ReadingBatch, ids: Int32Array): void {
    const { seriesIndex, timeUs, value } = batch;
    for (let i = 0; i < value.length; i++) {
      const sinceEpoch = timeUs[i]! - POSTGRES_EPOCH_US;
      const high = Math.floor(sinceEpoch / TWO_TO_32);
      this.#addRow(ids[seriesIndex[i]!]!, high, (sinceEpoch - high * TWO_TO_32) | 0, value[i]!);
    }
  }

  /** Numbers of the rows by day in UTC: days since 2000-01-01. */
  numbersByDay(): Map<number, number[]> {
    const days = new Map<number, number[]>();
    for (let row = 0; row < this.length; row++) {
      const timeUs = this.timeHigh[row]! * TWO_TO_32 + (this.timeLow[row]! >>> 0);
      const day = Math.floor(timeUs / US_PER_DAY);
      const numbers = days.get(day);
      if (numbers) numbers.push(row);
      else days.set(day, [row]);
    }
    return days;
  }

  /**
   * Takes out rows that are stored already, `conflicts` of them with another value. `numbers` are row numbers as big-endian
   * 32-bit integers. Rows cannot be added afterwards.
   */
  remove(numbers: Buffer, conflicts: number): void {
    if (numbers.length === 0) return;
    const gone = new Uint8Array(this.length);
    for (let at = 0; at < numbers.length; at += 4) gone[numbers.readInt32BE(at)] = 1;
    let kept = 0;
    for (let row = 0; row < this.length; row++) {
      if (gone[row] === 1) continue;
      this.seriesId[kept] = this.seriesId[row]!;
      this.timeHigh[kept] = this.timeHigh[row]!;
      this.timeLow[kept] = this.timeLow[row]!;
      this.value[kept] = this.value[row]!;
      kept += 1;
    }
    this.duplicates += this.length - kept;
    this.conflicts += conflicts;
    this.length = kept;
  }

  #addRow(seriesId: number, high: number, low: number, value: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash(seriesId, high, low) & mask;
    for (let taken = slots[slot]!; taken !== 0; taken = slots[slot]!) {
      const row = taken - 1;
      if (this.timeLow[row] === low && this.seriesId[row] === seriesId && this.timeHigh[row] === high) {
        this.duplicates += 1;
        if (differs(this.value[row]!, value)) this.conflicts += 1;
        return;
      }
      slot = (slot + 1) & mask;
    }
    const row = this.length++;
    slots[slot] = row + 1;
    this.seriesId[row] = seriesId;
    this.timeHigh[row] = high;
    this.timeLow[row] = low;
    this.value[row] = value;
  }
}

function hash(seriesId: number, high: number, low: number): number {
  let h = Math.imul(seriesId, 0x9e3779b1) ^ Math.imul(low, 0x85ebca6b) ^ Math.imul(high, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 13);
}

/** As SQL's IS DISTINCT FROM on float8: NaN equals NaN, and 0 equals -0. */
function differs(a: number, b: number): boolean {
  return a !== b && !(Number.isNaN(a) && Number.isNaN(b));
}
