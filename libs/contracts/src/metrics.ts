import { z } from 'zod';
import { pageOf } from './page';

/** What the metadata of a metric may hold. `decimals` is how many digits after the point are shown. */
export const METRIC_LIMITS = { displayName: 100, unit: 32, description: 1_000, decimals: 12 } as const;

/** No control characters, no half of a surrogate pair, no space at either end. */
const LINE = /^(?!\s)[^\p{Cc}\p{Cs}]+(?<!\s)$/u;
/** The same with line breaks and tabs. */
const LINES = /^(?!\s)(?:[^\p{Cc}\p{Cs}]|[\n\t])+(?<!\s)$/u;

function text(most: number, pattern: RegExp, about: string) {
  const error = `Must be text of 1 to ${most} characters without control characters, and without spaces at its ends.`;
  return z.string({ error }).max(most, { error }).regex(pattern, { error }).optional().describe(about);
}

const decimals = `Must be a whole number from 0 to ${METRIC_LIMITS.decimals}.`;

/** What a client says about a metric. What is left out is not known. */
export const metricInput = z.strictObject({
  displayName: text(METRIC_LIMITS.displayName, LINE, 'Name for people, in place of the name in readings.'),
  unit: text(
    METRIC_LIMITS.unit,
    LINE,
    'Unit as it is shown behind a value, for example `bar`, `°C`, `m3/h`.',
  ),
  description: text(METRIC_LIMITS.description, LINES, 'What is measured, and how.'),
  decimals: z
    .int({ error: decimals })
    .min(0, { error: decimals })
    .max(METRIC_LIMITS.decimals, { error: decimals })
    .optional()
    .describe('Digits after the point when a value is shown.'),
});
export type MetricInput = z.infer<typeof metricInput>;

export const metric = z.object({
  name: z.string().describe('The name of the metric in readings.'),
  ...metricInput.shape,
  updatedAt: z.string(),
});
export type Metric = z.infer<typeof metric>;

export const metricPage = pageOf(metric);
export type MetricPage = z.infer<typeof metricPage>;
