import { canonicalSeriesKey, seriesHash, type SeriesKey } from '@tidewatch/readings';
import type { HashedSeries } from './outputs';

export const NO_ROW = -1;

/** Gives each series a row, a small number that is its index in all columns. Rows of removed series are used again. */
export class SeriesTable {
  /** By row; undefined where a row is free. */
  readonly series: (HashedSeries | undefined)[] = [];
  private readonly rows = new Map<string, number>();
  private readonly freeRows: number[] = [];

  get size(): number {
    return this.rows.size;
  }

  find(key: SeriesKey): number {
    return this.rows.get(canonicalSeriesKey(key)) ?? NO_ROW;
  }

  /** In the order of their hashes: rows are numbered otherwise after a restart, and the order of outputs must not follow them. */
  rowsWhere(condition: (row: number) => boolean): number[] {
    const { series } = this;
    const rows: number[] = [];
    for (let row = 0; row < series.length; row++) {
      if (series[row] !== undefined && condition(row)) rows.push(row);
    }
    return rows.sort((a, b) => Buffer.compare(series[a]!.hash, series[b]!.hash));
  }

  add(key: SeriesKey): number {
    const row = this.freeRows.pop() ?? this.series.length;
    this.series[row] = { key, hash: seriesHash(key) };
    this.rows.set(canonicalSeriesKey(key), row);
    return row;
  }

  remove(row: number): void {
    this.rows.delete(canonicalSeriesKey(this.series[row]!.key));
    this.series[row] = undefined;
    this.freeRows.push(row);
  }
}
