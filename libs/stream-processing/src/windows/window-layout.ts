/** Cells of an open window within the array of its store; times in microseconds since the epoch. */
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
  cells: 16,
} as const;

/** A closed window. Sums are exact and rounded once; each square is rounded; both saturate at the largest double. */
export interface WindowValues {
  sizeMs: number;
  /** Milliseconds since the epoch, a multiple of `sizeMs`. */
  startMs: number;
  count: number;
  min: number;
  max: number;
  sum: number;
  sumOfSquares: number;
  /** Values of the least and the greatest event time. */
  first: number;
  last: number;
}
