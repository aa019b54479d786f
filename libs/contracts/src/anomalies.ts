import { z } from 'zod';
import { seriesRef } from './windows';

export const severity = z.enum(['info', 'warning', 'critical']);
export type Severity = z.infer<typeof severity>;

/** One schema for the topic, the API and the socket. */
export const anomaly = z.object({
  /** Derived from series, detector and time: the same anomaly has the same id after any replay. */
  id: z.string(),
  series: seriesRef,
  /** Event time of the reading, RFC 3339 with microseconds. */
  time: z.string(),
  value: z.number(),
  /** Range of values which would not have been flagged. */
  expectedMin: z.number(),
  expectedMax: z.number(),
  /** 0 to 1; flagged from 0.5 on. */
  score: z.number(),
  severity,
  detector: z.string(),
  /** One sentence for a technician. */
  explanation: z.string(),
});
export type Anomaly = z.infer<typeof anomaly>;

export const ANOMALY_EVENT_TYPE = 'io.tidewatch.anomaly.detected';
