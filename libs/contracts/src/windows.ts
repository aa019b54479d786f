import { z } from 'zod';

export const seriesRef = z.object({
  device: z.string(),
  metric: z.string(),
  tags: z.record(z.string(), z.string()),
});
export type SeriesRef = z.infer<typeof seriesRef>;

/** An event-time window of one series whose end has passed: the value of a record on `aggregates.v1`. */
export const windowAggregate = z.object({
  /** Derived from series, size, step and start: the same window has the same id after any replay. The highest revision of an id stands. */
  id: z.string(),
  /** 0 when first published; one more each time that late readings have changed the window. */
  revision: z.number().int().nonnegative(),
  /** The allowed lateness has passed: there is no further revision. A window that nothing changes any more stays `false`. */
  final: z.boolean(),
  series: seriesRef,
  sizeMs: z.number().int().positive(),
  /** A window begins every so often: `sizeMs` where windows tumble, less where they slide. */
  stepMs: z.number().int().positive(),
  /** Start of the window (inclusive), milliseconds since the epoch, a multiple of `stepMs`. */
  startMs: z.number().int(),
  count: z.number().int().positive(),
  min: z.number(),
  max: z.number(),
  sum: z.number(),
  sumOfSquares: z.number(),
  mean: z.number(),
  /** Of the population. */
  stddev: z.number().nonnegative(),
  /** Percentiles, within 1 % of the value of that rank; 2 % or more where a window holds values more than 4-fold apart that are all different. */
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
  first: z.number(),
  last: z.number(),
});
export type WindowAggregate = z.infer<typeof windowAggregate>;

/** Of revision 0, and of all later ones. */
export const WINDOW_EVENT_TYPES = {
  first: 'io.tidewatch.window.closed',
  revised: 'io.tidewatch.window.revised',
} as const;
