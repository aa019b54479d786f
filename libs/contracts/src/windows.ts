import { z } from 'zod';

export const seriesRef = z.object({
  device: z.string(),
  metric: z.string(),
  tags: z.record(z.string(), z.string()),
});
export type SeriesRef = z.infer<typeof seriesRef>;

const windowPlace = {
  sizeMs: z.number().int().positive(),
  /** A window begins every so often: `sizeMs` where windows tumble, less where they slide. */
  stepMs: z.number().int().positive(),
  /** Start of the window (inclusive), milliseconds since the epoch, a multiple of `stepMs`. */
  startMs: z.number().int(),
};

const windowContent = {
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
};

const windowRevision = {
  /** 0 when first published; one more each time that late readings have changed the window. */
  revision: z.number().int().nonnegative(),
  /** The allowed lateness has passed: there is no further revision. A window that nothing changes any more stays `false`. */
  final: z.boolean(),
};

/** An event-time window of one series whose end has passed: the value of a record on `aggregates.v1`. */
export const windowAggregate = z.object({
  /** Derived from series, size, step and start: the same window has the same id after any replay. The highest revision of an id stands. */
  id: z.string(),
  ...windowRevision,
  series: seriesRef,
  ...windowPlace,
  ...windowContent,
});
export type WindowAggregate = z.infer<typeof windowAggregate>;

/** All series of a metric whose tag has one value: those of a site, or of a line. */
export const deviceGroup = z.strictObject({
  tag: z.string().min(1),
  value: z.string().min(1),
  metric: z.string().min(1),
});
export type DeviceGroup = z.infer<typeof deviceGroup>;

/**
 * What one partition of the readings knows of a window of a group: a record on `aggregates.v1`. Readings are partitioned by device, so a window of a group is
 * the merge of the highest revisions of all partitions: all records of a group are on one partition of the topic.
 */
export const groupPartial = z.object({
  /** Derived from group, partition, size, step and start. The highest revision of an id stands. */
  id: z.string(),
  ...windowRevision,
  group: deviceGroup,
  /** Of `readings.v1`. */
  partition: z.number().int().nonnegative(),
  ...windowPlace,
  ...{ count: z.number().int().positive(), min: z.number(), max: z.number() },
  /** Numbers whose exact sum is that of the values, and of their squares: each square is rounded. */
  sums: z.array(z.number()).max(40),
  sumsOfSquares: z.array(z.number()).max(40),
  /** Times in microseconds. Of several values of one time the least is the first and the greatest the last. */
  ...{ firstUs: z.number(), first: z.number(), lastUs: z.number(), last: z.number() },
  /** Values counted by their logarithm: at level n, bucket b has those whose top bits of the double, as a number with the sign of the value, are b * 2^(14 + n). */
  sketch: z
    .object({
      level: z.number().int().min(0).max(17),
      buckets: z.array(z.number().int()).max(126),
      counts: z.array(z.number().int().positive()).max(126),
    })
    .refine(({ buckets, counts }) => buckets.length === counts.length, 'must have a count for each bucket'),
});
export type GroupPartial = z.infer<typeof groupPartial>;

/** A window of a group, merged of what is known so far. */
export const groupWindow = z.object({
  group: deviceGroup,
  /** Rises with each revision of any partition; `final` when all that are known are. */
  ...windowRevision,
  ...windowPlace,
  ...windowContent,
});
export type GroupWindow = z.infer<typeof groupWindow>;

/** Of revision 0, and of all later ones. */
export const WINDOW_EVENT_TYPES = {
  first: 'io.tidewatch.window.closed',
  revised: 'io.tidewatch.window.revised',
} as const;

export const GROUP_WINDOW_EVENT_TYPES = {
  first: 'io.tidewatch.group-window.closed',
  revised: 'io.tidewatch.group-window.revised',
} as const;
