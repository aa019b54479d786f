import { z } from 'zod';
import { pageOf } from './page';
import { seriesRef } from './windows';

/** What settings of detection may hold. */
export const DETECTION_BOUNDS = {
  /** False alarms accepted per device and week; `usual` is what `"default"` stands for. */
  alarmsPerWeek: { least: 0.01, most: 1_000, usual: 1 },
  /** 31 days. */
  forSeconds: 2_678_400,
} as const;

const { least, most, usual } = DETECTION_BOUNDS.alarmsPerWeek;
const sensitivity = z
  .union([z.enum(['off', 'default']), z.number().min(least).max(most)], {
    error: `Must be "off", "default", or a number from ${least} to ${most}: the false alarms accepted per device and week.`,
  })
  .describe(
    `The false alarms accepted per device and week; \`default\` is ${usual}. The series of a device that are watched share it equally: each has this number, divided by how many they are. \`off\`: the detector raises nothing. It goes on learning, so it is ready when it is wanted again; limits hold all the same.`,
  );

/** A number from 0 on. */
function fromZero(most: number, about: string) {
  const error = most === Infinity ? 'Must be a number, 0 or more.' : `Must be a number from 0 to ${most}.`;
  return z.number({ error }).min(0, { error }).max(most, { error }).optional().describe(about);
}

/** A number above 0. */
function aboveZero(most: number, about: string) {
  const error =
    most === Infinity ? 'Must be a number above 0.' : `Must be a number above 0, at most ${most}.`;
  return z.number({ error }).positive({ error }).max(most, { error }).describe(about);
}

const waits = {
  forSeconds: fromZero(
    DETECTION_BOUNDS.forSeconds,
    'How long it has to be beyond the limit, in event time, before it is told. Left out: not at all.',
  ),
  hysteresis: fromZero(
    Infinity,
    'How far it has to come back behind the limit to be in range again, in the unit of the limit. Left out: not at all.',
  ),
};

const bound = (about: string) =>
  z.strictObject({ value: z.number({ error: 'Must be a number.' }).describe(about), ...waits });

const limitFields = z.strictObject({
  min: bound('The least value that is in range.').optional(),
  max: bound('The greatest value that is in range.').optional(),
  rate: z
    .strictObject({
      maxPerSecond: aboveZero(Infinity, 'The greatest change in a second, up or down, that is in range.'),
      ...waits,
    })
    .optional()
    .describe('How fast the value may change: from one reading to the next, by the time between them.'),
  stuck: z
    .strictObject({
      forSeconds: aboveZero(
        DETECTION_BOUNDS.forSeconds,
        'How long the value may stay the same, in event time.',
      ),
      hysteresis: fromZero(Infinity, 'A change up to this is none. Left out: every change is one.'),
    })
    .optional()
    .describe('A value that does not change any more, while readings still come.'),
});

/** What each field says of the others, where it is more than its own schema can say: nonsense, by the path of the field. */
function contradictions({ min, max, rate, stuck }: z.infer<typeof limitFields>): [string[], string][] {
  const band = min && max ? max.value - min.value : Infinity;
  const isWide = (hysteresis = 0): boolean => band >= 0 && hysteresis > band;
  const wide = 'Must not be wider than the range from min to max: it could never be in range again.';
  const found: [boolean, string[], string][] = [
    [band < 0, ['min', 'value'], 'Must not be above the value of max.'],
    [isWide(min?.hysteresis), ['min', 'hysteresis'], wide],
    [isWide(max?.hysteresis), ['max', 'hysteresis'], wide],
    [
      rate !== undefined && (rate.hysteresis ?? 0) > rate.maxPerSecond,
      ['rate', 'hysteresis'],
      'Must not be above maxPerSecond: it could never be in range again.',
    ],
    [
      isWide(stuck?.hysteresis),
      ['stuck', 'hysteresis'],
      'Must not be wider than the range from min to max: all in range would be stuck.',
    ],
  ];
  return found.filter(([isNonsense]) => isNonsense).map(([, path, message]) => [path, message]);
}

/** Static limits, each by itself. */
export const detectionLimits = limitFields.superRefine((limits, context) => {
  for (const [path, message] of contradictions(limits)) context.addIssue({ code: 'custom', path, message });
});
export type DetectionLimits = z.infer<typeof detectionLimits>;

/** How a metric or a series is watched. What is left out is as it is for the metric, or as the product has it. */
export const detectionInput = z.strictObject({
  sensitivity: sensitivity.optional(),
  limits: detectionLimits
    .optional()
    .describe(
      'Beyond one of these it is an anomaly, whatever was usual so far. Those of a series take the place of those of its metric, as a whole: `{}` is none.',
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
