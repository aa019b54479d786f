/** Cells of a window that may still change, within the array of its store; times in microseconds since the epoch. */
export const WINDOW = {
  /** Slot of the next older window of the series, or of the next free one. */
  older: 0,
  start: 1,
  count: 2,
  min: 3,
  max: 4,
  firstTime: 5,
  first: 6,
  lastTime: 7,
  last: 8,
  sum: 9,
  squares: 12,
  /** Of its `SketchPool`. */
  sketch: 15,
  cells: 16,
} as const;

/** A window as emitted. Sums are exact and rounded once; each square is rounded; both saturate at the largest double. */
export interface WindowValues {
  sizeMs: number;
  /** Milliseconds since the epoch, a multiple of `sizeMs`. */
  startMs: number;
  /** 0 for the first emission of a window; rises by one with each further one. */
  revision: number;
  /** The lateness has passed: no revision follows. Where it has not and none follows, this was the last one. */
  final: boolean;
  count: number;
  min: number;
  max: number;
  sum: number;
  sumOfSquares: number;
  mean: number;
  /** Of the population. */
  stddev: number;
  /** Percentiles: the value with rank floor(p / 100 * (count - 1)), from 0, within 1/128 of it (see `buckets.ts`) and within min and max. */
  p50: number;
  p90: number;
  p99: number;
  /** Values of the least and the greatest event time. */
  first: number;
  last: number;
}
