/** A series: device, metric and tags (sorted by key, keys unique). With a time it is the identity of a reading. */
export interface SeriesKey {
  readonly device: string;
  readonly metric: string;
  readonly tags: readonly (readonly [key: string, value: string])[];
}

/**
 * Readings as columns: row `i` is `value[i]` of `series[seriesIndex[i]]` at `timeUs[i]`.
 * Entries of `series` need not be distinct, and need not be used. All three columns have the same length. Times are integer microseconds since the epoch (exact in a double).
 */
export interface ReadingBatch {
  readonly series: readonly SeriesKey[];
  readonly seriesIndex: Uint32Array;
  readonly timeUs: Float64Array;
  readonly value: Float64Array;
}
