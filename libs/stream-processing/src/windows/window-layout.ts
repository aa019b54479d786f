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
  /** How often it was emitted, and the count of readings that it was last emitted with. */
  emissions: 15,
  emittedCount: 16,
  cells: 17,
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
  /** Values of the least and the greatest event time. */
  first: number;
  last: number;
}
