import type { LabelledSeries, Window } from '../data/dataset';

const FIVE_MINUTES_US = 300_000_000;

/** A series of five-minute readings whose values are their row numbers. */
export function seriesForTests(name: string, rows: number, windows: readonly Window[]): LabelledSeries {
  const timesUs = Float64Array.from({ length: rows }, (_, row) => row * FIVE_MINUTES_US);
  return {
    name,
    category: name.split('/')[0]!,
    timestamps: Array.from(timesUs, (timeUs) =>
      new Date(timeUs / 1000).toISOString().slice(0, 19).replace('T', ' '),
    ),
    timesUs,
    values: Float64Array.from({ length: rows }, (_, row) => row),
    windows,
  };
}

/** Scores that differ from row to row in a fixed way. */
export function scoresForTests(rows: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: rows }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return Math.round((state / 2_147_483_647) ** 20 * 1000) / 1000;
  });
}
