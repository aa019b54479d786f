import { z } from 'zod';
import { anomaly, severity } from './anomalies';
import { detectionInput } from './detection';
import { LIMITS } from './limits';
import { problem } from './problem';
import { seriesRef } from './windows';

/** The media type of a preview: JSON values, one a line. */
export const NDJSON_CONTENT_TYPE = 'application/x-ndjson';

export const PREVIEW_LIMITS = {
  rangeDays: 366,
  runInReadings: 200_000,
  /** Series of the device that are replayed together, those that were asked for among them. */
  series: 64,
  points: 1_000,
  /** Episodes of one preview, and stored anomalies that it is held against. */
  episodes: 5_000,
} as const;

const text = z
  .string()
  .max(LIMITS.nameBytes)
  .refine((name) => !name.includes('\0'), 'Must not contain a null character.');
const name = text.min(1);
const time = (what: string) =>
  z.union([z.string(), z.number()]).optional().describe(`${what} RFC 3339, or milliseconds since the epoch.`);

/** What to preview: one series by its id, or those of a device and metric. */
export const previewInput = z
  .strictObject({
    seriesId: z.number().int().min(1).max(2_147_483_647).optional().describe('Id of the series.'),
    device: name.optional().describe('With `metric`, in the place of `seriesId`.'),
    metric: name.optional().describe('With `device`, in the place of `seriesId`.'),
    tags: z
      .record(name, text)
      .refine((tags) => Object.keys(tags).length <= LIMITS.tagsPerReading, 'Too many tags.')
      .optional()
      .describe('Only series of the device and metric that have these tags.'),
    from: time('Begin of the range (included); a day before `to` where it is left out.'),
    to: time('End of the range (not included); now where it is left out.'),
    runInReadings: z
      .number()
      .int()
      .min(0)
      .max(PREVIEW_LIMITS.runInReadings)
      .default(20_000)
      .describe(
        'Readings of each series before `from` that detectors learn from first. What was published is repeated exactly where this reaches the first reading of the series.',
      ),
    points: z
      .number()
      .int()
      .min(0)
      .max(PREVIEW_LIMITS.points)
      .default(0)
      .describe(
        'So many pieces of the range, of which the least, the mean and the greatest value of each series are told, to draw the episodes on. Left out: none.',
      ),
    settings: detectionInput
      .optional()
      .describe(
        'As if they were put to each of the series; what they leave out is as it is for the metric. Where it is left out, the settings in force.',
      ),
  })
  .superRefine((input, context) => {
    const fault = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (input.seriesId === undefined) {
      if (input.device === undefined) fault('device', 'Name a seriesId, or a device and a metric.');
      if (input.metric === undefined) fault('metric', 'Name a seriesId, or a device and a metric.');
      return;
    }
    for (const field of ['device', 'metric', 'tags'] as const) {
      if (input[field] !== undefined) fault(field, 'Cannot stand beside seriesId.');
    }
  });
export type PreviewInput = z.input<typeof previewInput>;

/** Who raises an episode: the settings that are tried, those in force, or processing at its time, whose anomaly is stored. */
export const raisedBy = z.enum(['tried', 'inForce', 'stored']);
export type RaisedBy = z.infer<typeof raisedBy>;

/** The first line: what is going to be replayed. */
export const previewPlan = z.object({
  type: z.literal('plan'),
  series: z.array(seriesRef.extend({ id: z.number().int() })),
  /** Further series of the device that are replayed as well, by the settings in force: they share its incidents. */
  neighbours: z.number().int(),
  /** Series of the device beyond the bound, which are not. */
  leftOut: z.number().int(),
  from: z.string(),
  to: z.string(),
  /** Event time from which on readings are replayed. */
  runInFrom: z.string(),
});
export type PreviewPlan = z.infer<typeof previewPlan>;

export const previewProgress = z.object({
  type: z.literal('progress'),
  readings: z.number().int(),
  /** About how many there are, from the share of the time that was replayed; null while that is not known. */
  expectedReadings: z.number().int().nullable(),
  /** Event time that was reached; null before the first reading. */
  time: z.string().nullable(),
});
export type PreviewProgress = z.infer<typeof previewProgress>;

/** An episode that overlaps the range, when it has closed; those that are still open come before the summary. */
export const previewEpisode = z.object({
  type: z.literal('episode'),
  /** An episode of one is one of another where they overlap on the same series. Not `tried`: it would be gone. */
  raisedBy: z.array(raisedBy),
  /** As the first of `raisedBy` has it. */
  episode: anomaly,
});
export type PreviewEpisode = z.infer<typeof previewEpisode>;

/** A series as it was replayed, before the summary: pieces of the range in which there were readings, ascending. */
export const previewPoints = z.object({
  type: z.literal('points'),
  seriesId: z.number().int(),
  /** Of each piece: a range is cut into equal ones. */
  seconds: z.number(),
  /** Begin of each piece, milliseconds since the epoch (fractions allowed). */
  timeMs: z.array(z.number()),
  min: z.array(z.number()),
  mean: z.array(z.number()),
  max: z.array(z.number()),
});
export type PreviewPoints = z.infer<typeof previewPoints>;

/** What one way to watch makes of the range, up to the time that was reached. */
export const previewTotals = z.object({
  episodes: z.number().int(),
  bySeverity: z.record(severity, z.number().int()),
  /** Episodes of one device that belong together are one. */
  incidents: z.number().int(),
  /** Episodes a week at this rate. */
  alarmsPerWeek: z.number(),
  /** False alarms a week that the settings accept: the share that the series have of what is accepted of their device. Limits may raise more. */
  acceptedPerWeek: z.number(),
  /** Time during which at least one of the series was out of range or near to it, and its share of the range. */
  secondsInAlarm: z.number(),
  shareInAlarm: z.number(),
});
export type PreviewTotals = z.infer<typeof previewTotals>;

export const previewComparison = z.object({
  /** Raised by both. */
  kept: z.number().int(),
  /** Raised by the settings that are tried only. */
  new: z.number().int(),
  /** Not raised by them any more. */
  gone: z.number().int(),
});
export type PreviewComparison = z.infer<typeof previewComparison>;

export const previewStop = z.object({
  /** The bound of readings, of time or of episodes was reached; or the service stops. */
  reason: z.enum(['readings', 'time', 'episodes', 'shutdown']),
  /** Event time up to which everything was replayed; null where that is nothing. */
  time: z.string().nullable(),
});
export type PreviewStop = z.infer<typeof previewStop>;

/** The last line. */
export const previewSummary = z.object({
  type: z.literal('summary'),
  readings: z.number().int(),
  seconds: z.number(),
  /** Where the preview ended before the end of the range; else null. */
  stopped: previewStop.nullable(),
  tried: previewTotals,
  inForce: previewTotals,
  comparedWithInForce: previewComparison,
  /** Null where more anomalies are stored than a preview is held against. */
  comparedWithStored: previewComparison.nullable(),
});
export type PreviewSummary = z.infer<typeof previewSummary>;

/** The last line of a preview that failed after it had begun. */
export const previewProblem = z.object({ type: z.literal('problem'), problem });
export type PreviewProblem = z.infer<typeof previewProblem>;

export const previewLine = z.discriminatedUnion('type', [
  previewPlan,
  previewProgress,
  previewEpisode,
  previewPoints,
  previewSummary,
  previewProblem,
]);
export type PreviewLine = z.infer<typeof previewLine>;

/** The same as one JSON document. */
export const previewDocument = z.object({
  plan: previewPlan,
  episodes: z.array(previewEpisode),
  /** Where `points` were asked for. */
  points: z.array(previewPoints),
  summary: previewSummary,
});
export type PreviewDocument = z.infer<typeof previewDocument>;
