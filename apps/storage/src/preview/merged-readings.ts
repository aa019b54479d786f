import type { SeriesKey } from '@tidewatch/readings';
import type { ReadingColumns } from '@tidewatch/time-series';

/** Readings held at once, of all series together: 4 MB. */
const MOST_HELD = 262_144;
const LARGEST_PAGE = 16_384;

/** A series and the first time (µs) that is wanted of it. */
export interface MergedSeries {
  readonly id: number;
  readonly key: SeriesKey;
  readonly startUs: number;
}

/** Reads the first readings of a series from `fromUs` on, up to the limit. */
export type ReadPage = (seriesId: number, fromUs: number, limit: number) => Promise<ReadingColumns>;

interface Source {
  readonly series: MergedSeries;
  page: ReadingColumns;
  at: number;
  fromUs: number;
  isLastPage: boolean;
}

/** Readings of several series in order of time, read page by page: one page of each series is held, and one query runs at a time. */
export class MergedReadings {
  private readonly sources: Source[];
  /** By source: the time of its next reading; Infinity at its end. */
  private readonly next: Float64Array;
  private readonly pageSize: number;
  /** Sources whose page has run out. */
  private dry: number[];

  constructor(
    series: readonly MergedSeries[],
    private readonly read: ReadPage,
  ) {
    const page = { timeUs: new Float64Array(0), value: new Float64Array(0) };
    this.sources = series.map((one) => ({
      ...{ series: one, page, at: 0, fromUs: one.startUs, isLastPage: false },
    }));
    this.next = new Float64Array(series.length).fill(Infinity);
    this.dry = series.map((_, index) => index);
    this.pageSize = Math.min(LARGEST_PAGE, Math.floor(MOST_HELD / Math.max(1, series.length)));
  }

  /** After `fill`: whether there are no more readings. */
  get isOver(): boolean {
    return this.next.every((time) => time === Infinity);
  }

  /** Reads a page where one has run out. */
  async fill(): Promise<void> {
    for (const index of this.dry) {
      const source = this.sources[index]!;
      source.page = await this.read(source.series.id, source.fromUs, this.pageSize);
      const { timeUs } = source.page;
      source.at = 0;
      source.isLastPage = timeUs.length < this.pageSize;
      source.fromUs = (timeUs.at(-1) ?? source.fromUs) + 1;
      this.next[index] = timeUs[0] ?? Infinity;
    }
    this.dry = [];
  }

  /** Hands over up to `most` readings in order of time, fewer where a page runs out. Returns how many. */
  take(most: number, each: (key: SeriesKey, timeUs: number, value: number) => void): number {
    let taken = 0;
    while (taken < most && this.dry.length === 0) {
      const index = this.earliest();
      const timeUs = this.next[index];
      if (timeUs === undefined || timeUs === Infinity) break;
      const source = this.sources[index]!;
      each(source.series.key, timeUs, source.page.value[source.at]!);
      taken += 1;
      source.at += 1;
      if (source.at < source.page.timeUs.length) this.next[index] = source.page.timeUs[source.at]!;
      else if (source.isLastPage) this.next[index] = Infinity;
      else this.dry.push(index);
    }
    return taken;
  }

  /** Of equal times that of the first series: series are few, so looking at all of them is quick. */
  private earliest(): number {
    let earliest = 0;
    for (let index = 1; index < this.next.length; index++) {
      if (this.next[index]! < this.next[earliest]!) earliest = index;
    }
    return earliest;
  }
}
