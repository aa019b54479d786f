import { z } from 'zod';
import { pageOf } from './page';
import { seriesRef } from './windows';

const error = 'Must be "off" or "default".';

/** How a metric or a series is watched. What is left out is as it is for the metric, or as the product has it. */
export const detectionInput = z.strictObject({
  sensitivity: z
    .enum(['off', 'default'], { error })
    .optional()
    .describe(
      '`off`: nothing is raised. The detector goes on learning, so it is ready when it is wanted again.',
    ),
});
export type DetectionInput = z.infer<typeof detectionInput>;

export const metricDetection = detectionInput.extend({ metric: z.string(), updatedAt: z.string() });
export type MetricDetection = z.infer<typeof metricDetection>;
export const metricDetectionPage = pageOf(metricDetection);
export type MetricDetectionPage = z.infer<typeof metricDetectionPage>;

export const seriesDetection = detectionInput.extend({
  seriesId: z.number().int(),
  series: seriesRef,
  updatedAt: z.string(),
});
export type SeriesDetection = z.infer<typeof seriesDetection>;
export const seriesDetectionPage = pageOf(seriesDetection);
export type SeriesDetectionPage = z.infer<typeof seriesDetectionPage>;
