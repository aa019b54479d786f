import { z } from 'zod';
import { LIMITS } from './limits';
import { fault } from './problem';

const name = z.string().min(1).max(LIMITS.nameBytes);

/** A reading as a client sends it. Documentation and clients use this schema; ingestion parses into columns by hand. */
export const readingInput = z.strictObject({
  device: name,
  metric: name,
  value: z.number(),
  time: z
    .union([z.iso.datetime({ offset: true }), z.number()])
    .optional()
    .describe(
      'RFC 3339 date-time, or milliseconds since the epoch (fractions allowed). Default: time of receipt.',
    ),
  tags: z.record(name, name).optional(),
});
export type ReadingInput = z.infer<typeof readingInput>;

export const readingsBody = z.union([
  readingInput,
  z.array(readingInput).min(1).max(LIMITS.readingsPerRequest),
  z.strictObject({ readings: z.array(readingInput).min(1).max(LIMITS.readingsPerRequest) }),
]);

/** The forerunner's format: each numeric field beside `device_id` and `timestamp` is a metric. */
export const legacyBody = z
  .object({ device_id: name, timestamp: z.union([z.string(), z.number()]).optional() })
  .catchall(z.number());

/** Answer of both ingest routes: 202, or 207 with `?partial=true` where some readings were refused. */
export const ingestResult = z.object({
  batchId: z.string(),
  accepted: z.number().int().nonnegative(),
  rejected: z.array(fault),
});
export type IngestResult = z.infer<typeof ingestResult>;
