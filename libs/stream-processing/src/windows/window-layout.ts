/** Cells of a window that may still change, within the array of its store; times in microseconds since the epoch. */
export const WINDOW = {
  start: 0,
  count: 1,
  min: 2,
  max: 3,
  firstTime: 4,
  first: 5,
  lastTime: 6,
  last: 7,
  sum: 8,
  squares: 11,
  /** Of its `SketchPool`. */
  sketch: 14,
  /** One is spare: a window begins on a line of memory. */
  cells: 16,
} as const;

/** Of a slot, for the list that it is in. */
export const LINK = {
  older: 0,
  newer: 1,
  /** How often it was emitted, and the count of readings that it was emitted with last. */
  revisions: 2,
  emitted: 3,
  cells: 4,
} as const;

/** Index of the links of a slot. */
export function linkOf(slot: number): number {
  return (slot / WINDOW.cells) * LINK.cells;
}

/** Which windows a series has, beside those of ten seconds: one of `sizeMs` begins every `stepMs`, aligned to the epoch. */
export interface WindowSpec {
  readonly sizeMs: number;
  /** `sizeMs` where windows tumble, less where they slide. */
  readonly stepMs: number;
}

/** A window as emitted. Sums are exact and rounded once; each square is rounded; both saturate at the largest double. */
export interface WindowValues {
  sizeMs: number;
  stepMs: number;
  /** Milliseconds since the epoch, a multiple of `stepMs`. */
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
