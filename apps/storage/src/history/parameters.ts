import { anomalyState, LIMITS, severity } from '@tidewatch/contracts';
import { formatTimeUs, parseTime } from '@tidewatch/readings';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';

const name = z
  .string()
  .min(1)
  .max(LIMITS.nameBytes)
  .refine((text) => !text.includes('\0'), 'Must not contain a null character.');

/** Decimal digits; what else JavaScript takes for a number (`0x10`, `1e3`, a blank) stays a string, and is refused. */
const decimal = <T extends z.ZodType>(number: T) =>
  z.preprocess(
    (text) => (typeof text === 'string' && /^[0-9]{1,15}$/.test(text) ? Number(text) : text),
    number,
  );

/** RFC 3339, or milliseconds since the epoch; becomes RFC 3339 in UTC with microseconds. */
const time = z.string().transform((text, context) => {
  const us = parseTime(/^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : text);
  if (us >= LIMITS.minTimeUs && us <= LIMITS.maxTimeUs) return formatTimeUs(us);
  context.addIssue({
    code: 'custom',
    message: 'Must be an RFC 3339 date-time or milliseconds since the epoch.',
  });
  return z.NEVER;
});
const from = time
  .optional()
  .describe('Begin of the range (included): RFC 3339, or milliseconds since the epoch.');
const to = time
  .optional()
  .describe('End of the range (not included): RFC 3339, or milliseconds since the epoch.');

/** What begins after its end is a mistake, and an empty page would not tell. */
function endsAfterBegin(range: { from?: string | undefined; to?: string | undefined }): boolean {
  return range.from === undefined || range.to === undefined || parseTime(range.from) <= parseTime(range.to);
}
const BEGINS_LATE = { path: ['to'], message: 'Must not be before "from".' };

/** The longest of ours is of a list of series: two names, each character of them as six in JSON. */
export const MAX_CURSOR_LENGTH = 4_000;

export const page = (limits: { most: number; usual: number }) => ({
  limit: decimal(z.number().int().min(1).max(limits.most).default(limits.usual)).describe(
    'Most items on the page.',
  ),
  cursor: z.string().min(1).max(MAX_CURSOR_LENGTH).optional().describe('`nextCursor` of the page before.'),
});

export class DevicesQuery extends createZodDto(z.strictObject(page({ most: 1_000, usual: 100 }))) {}

export class SeriesQuery extends createZodDto(
  z.strictObject({
    device: name.optional().describe('Only series of this device.'),
    metric: name.optional().describe('Only series of this metric.'),
    ...page({ most: 1_000, usual: 100 }),
  }),
) {}

export class SeriesPath extends createZodDto(
  z.strictObject({ id: decimal(z.number().int().min(1).max(2_147_483_647)).describe('Id of the series.') }),
) {}

export class ReadingsQuery extends createZodDto(
  z.strictObject({ from, to, ...page({ most: 10_000, usual: 1_000 }) }).refine(endsAfterBegin, BEGINS_LATE),
) {}

export class AnomaliesQuery extends createZodDto(
  z
    .strictObject({
      device: name.optional().describe('Only anomalies of this device.'),
      metric: name.optional().describe('Only anomalies of this metric.'),
      severity: severity.optional().describe('Only anomalies of this severity.'),
      state: anomalyState.optional().describe('Only anomalies in this state.'),
      incident: name.optional().describe('Only anomalies of the incident with this id.'),
      from: from.describe('Only anomalies that go on, or ended at this time or later.'),
      to: to.describe('Only anomalies that began before this time.'),
      ...page({ most: 1_000, usual: 100 }),
    })
    .refine(endsAfterBegin, BEGINS_LATE),
) {}

export class DeadLettersQuery extends createZodDto(z.strictObject(page({ most: 100, usual: 20 }))) {}
