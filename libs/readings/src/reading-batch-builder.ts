import type { ReadingBatch, SeriesKey } from './reading-batch';

/** Collects readings into columns that grow. Not a reading is an object on the way. */
export class ReadingBatchBuilder {
  private series: SeriesKey[] = [];
  private readonly indexOfSeries = new Map<SeriesKey, number>();
  private seriesIndex: Uint32Array;
  private timeUs: Float64Array;
  private value: Float64Array;
  private rows = 0;

  constructor(initialCapacity = 256) {
    this.seriesIndex = new Uint32Array(initialCapacity);
    this.timeUs = new Float64Array(initialCapacity);
    this.value = new Float64Array(initialCapacity);
  }

  /** Readings held. */
  get length(): number {
    return this.rows;
  }

  get seriesCount(): number {
    return this.series.length;
  }

  /**
   * Adds a row. Series are told apart as objects, so a caller interns its keys; two equal keys as two objects become
   * two entries of the dictionary, which is allowed and only takes space.
   */
  append(series: SeriesKey, timeUs: number, value: number): void {
    let index = this.indexOfSeries.get(series);
    if (index === undefined) {
      index = this.series.length;
      this.series.push(series);
      this.indexOfSeries.set(series, index);
    }
    if (this.rows === this.value.length) this.grow();
    this.seriesIndex[this.rows] = index;
    this.timeUs[this.rows] = timeUs;
    this.value[this.rows] = value;
    this.rows += 1;
  }

  /** The rows so far, without a copy of the columns: valid until the next `append` or `clear`. */
  view(): ReadingBatch {
    return {
      series: this.series,
      seriesIndex: this.seriesIndex.subarray(0, this.rows),
      timeUs: this.timeUs.subarray(0, this.rows),
      value: this.value.subarray(0, this.rows),
    };
  }

  /** The rows so far as a copy that stays. */
  build(): ReadingBatch {
    return {
      series: [...this.series],
      seriesIndex: this.seriesIndex.slice(0, this.rows),
      timeUs: this.timeUs.slice(0, this.rows),
      value: this.value.slice(0, this.rows),
    };
  }

  /** Empties the builder; its capacity stays. */
  clear(): void {
    this.series = [];
    this.indexOfSeries.clear();
    this.rows = 0;
  }

  private grow(): void {
    const capacity = Math.max(16, this.value.length * 2);
    const seriesIndex = new Uint32Array(capacity);
    seriesIndex.set(this.seriesIndex);
    this.seriesIndex = seriesIndex;
    this.timeUs = grownColumn(this.timeUs, capacity);
    this.value = grownColumn(this.value, capacity);
  }
}

function grownColumn(column: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(capacity);
  grown.set(column);
  return grown;
}
