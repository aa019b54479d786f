import { z } from 'zod';

export const seriesRef = z.object({
  device: z.string(),
  metric: z.string(),
  tags: z.record(z.string(), z.string()),
});
export type SeriesRef = z.infer<typeof seriesRef>;

/** A closed event-time window of one series: the value of a record on `aggregates.v1`. */
export const windowAggregate = z.object({
  /** Derived from series, size and start: the same window has the same id after any replay. */
  id: z.string(),
  series: seriesRef,
  sizeMs: z.number().int().positive(),
  /** Start of the window (inclusive), milliseconds since the epoch, a multiple of `sizeMs`. */
  startMs: z.number().int(),
  count: z.number().int().positive(),
  min: z.number(),
  max: z.number(),
  sum: z.number(),
  sumOfSquares: z.number(),
  first: z.number(),
  last: z.number(),
});
export type WindowAggregate = z.infer<typeof windowAggregate>;

export const WINDOW_EVENT_TYPE = 'io.tidewatch.window.closed';
