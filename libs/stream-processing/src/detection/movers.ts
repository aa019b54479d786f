import type { HashedSeries } from '../outputs';

/**
 * Rows of one device that have moved, in the order in which they began to (those that began at once by their hashes), so that the last ones
 * are found without a look at the others. The order is that of what is stored with the series: it is the same after a restart.
 */
export class Movers {
  private readonly rows: number[] = [];

  /** `from` tells when a row began to move; `series` are those of the table, by row. */
  constructor(
    private readonly from: (row: number) => number,
    private readonly series: readonly (HashedSeries | undefined)[],
  ) {}

  add(row: number): void {
    this.rows.splice(this.placeOf(row), 0, row);
  }

  /** Before anything changes by which it is found. One that is not there stays away. */
  remove(row: number): void {
    const at = this.placeOf(row);
    if (this.rows[at] === row) this.rows.splice(at, 1);
  }

  /** Up to `most` of those that began to move last, at `until` or before; the last one first. */
  last(most: number, until: number): number[] {
    const end = this.firstWhere((row) => this.from(row) > until);
    return this.rows.slice(Math.max(0, end - most), end).reverse();
  }

  private placeOf(row: number): number {
    const from = this.from(row);
    const { hash } = this.series[row]!;
    return this.firstWhere((other) => {
      const later = this.from(other) - from;
      return later > 0 || (later === 0 && Buffer.compare(this.series[other]!.hash, hash) >= 0);
    });
  }

  /** By bisection: `isAfter` is false of the first ones and true of all others. */
  private firstWhere(isAfter: (row: number) => boolean): number {
    let [low, high] = [0, this.rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isAfter(this.rows[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
