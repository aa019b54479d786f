import { grownFloats, grownInts } from '../columns';
import type { ByteReader, ByteWriter } from '../state/bytes';

const NONE = -1;

/** Cells of a record: the next one of the series or the next free one, the start of its window, how often that was emitted, with how many readings last. */
const NEXT = 0;
const START = 1;
const REVISIONS = 2;
const COUNT = 3;
const CELLS = 4;

/** How often the windows of one kind were emitted that may be emitted again, and with how many readings; for each series (by row) ascending by start. */
export class Emissions {
  private first = new Int32Array(0);
  private last = new Int32Array(0);
  private records = new Float64Array(64 * CELLS);
  private unusedFrom = 0;
  private firstFree = NONE;

  grow(rows: number): void {
    this.first = grownInts(this.first, rows, NONE);
    this.last = grownInts(this.last, rows, NONE);
  }

  /** The revision that a window is to be emitted with, and notes it; undefined where it was emitted with so many readings before. */
  next(row: number, start: number, count: number): number | undefined {
    const record = this.at(row, start);
    const { records } = this;
    if (records[record + COUNT] === count) return undefined;
    records[record + COUNT] = count;
    return records[record + REVISIONS]!++;
  }

  /** Forgets windows which begin before `start`. */
  dropBefore(row: number, start: number): void {
    for (let record = this.first[row]!; record !== NONE && this.records[record + START]! < start;) {
      const next = this.records[record + NEXT]!;
      this.records[record + NEXT] = this.firstFree;
      this.firstFree = record;
      this.first[row] = record = next;
    }
    if (this.first[row] === NONE) this.last[row] = NONE;
  }

  write(row: number, writer: ByteWriter): void {
    const { records } = this;
    let count = 0;
    for (let record = this.first[row]!; record !== NONE; record = records[record + NEXT]!) count += 1;
    writer.varint(count);
    let before = 0;
    for (let record = this.first[row]!; record !== NONE; record = records[record + NEXT]!) {
      writer.varint(records[record + START]! - before);
      writer.varint(records[record + REVISIONS]!);
      writer.varint(records[record + COUNT]!);
      before = records[record + START]!;
    }
  }

  /** Into a row without records. Throws `SnapshotError`. */
  read(row: number, reader: ByteReader): void {
    let before = 0;
    for (let left = reader.varint(); left > 0; left--) {
      const start = before + reader.varint();
      reader.require(this.first[row] === NONE || start > before, 'windows are not in order');
      const record = this.at(row, start);
      this.records[record + REVISIONS] = reader.varint();
      this.records[record + COUNT] = reader.varint();
      before = start;
    }
  }

  private at(row: number, start: number): number {
    const last = this.last[row]!;
    let before = NONE;
    let record = NONE;
    if (last !== NONE && this.records[last + START]! < start) before = last;
    else {
      record = this.first[row]!;
      while (record !== NONE && this.records[record + START]! < start) {
        before = record;
        record = this.records[record + NEXT]!;
      }
      if (record !== NONE && this.records[record + START] === start) return record;
    }
    const opened = this.allocate(start);
    this.records[opened + NEXT] = record;
    if (before === NONE) this.first[row] = opened;
    else this.records[before + NEXT] = opened;
    if (record === NONE) this.last[row] = opened;
    return opened;
  }

  private allocate(start: number): number {
    let record = this.firstFree;
    if (record !== NONE) this.firstFree = this.records[record + NEXT]!;
    else {
      record = this.unusedFrom;
      this.unusedFrom += CELLS;
      if (this.unusedFrom > this.records.length)
        this.records = grownFloats(this.records, this.records.length * 2, 0);
    }
    this.records[record + START] = start;
    this.records[record + REVISIONS] = this.records[record + COUNT] = 0;
    return record;
  }
}
