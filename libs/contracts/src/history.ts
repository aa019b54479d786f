import { z } from 'zod';
import { anomaly } from './anomalies';
import { pageOf } from './page';
import { seriesRef } from './windows';

export const device = z.object({
  device: z.string(),
  seriesCount: z.number().int(),
  firstSeen: z.string(),
  /** Event time of the newest reading, RFC 3339; null while none is stored. */
  lastReadingTime: z.string().nullable(),
});
export type Device = z.infer<typeof device>;
export const devicePage = pageOf(device);
export type DevicePage = z.infer<typeof devicePage>;

export const series = seriesRef.extend({ id: z.number().int(), firstSeen: z.string() });
export type Series = z.infer<typeof series>;
export const seriesPage = pageOf(series);
export type SeriesPage = z.infer<typeof seriesPage>;

export const storedReading = z.object({ time: z.string(), value: z.number() });
export type StoredReading = z.infer<typeof storedReading>;
export const readingPage = pageOf(storedReading);
export type ReadingPage = z.infer<typeof readingPage>;

export const anomalyPage = pageOf(anomaly);
export type AnomalyPage = z.infer<typeof anomalyPage>;

export const deadLetter = z.object({
  topic: z.string(),
  partition: z.number().int(),
  /** A decimal string: offsets are 64-bit. */
  offset: z.string(),
  reason: z.string(),
  detail: z.string(),
  /** The original bytes, base64. */
  value: z.string(),
  time: z.string(),
});
export type DeadLetter = z.infer<typeof deadLetter>;
export const deadLetterPage = pageOf(deadLetter);
export type DeadLetterPage = z.infer<typeof deadLetterPage>;
