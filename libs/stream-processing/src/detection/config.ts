import { DETECTORS } from '@tidewatch/anomaly-detection';
import { z } from 'zod';
import { DEFAULT_STREAM_SETTINGS as DEFAULTS } from '../settings';

const HOUR_MS = 3_600_000;
const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** Settings from the environment that decide what is an anomaly: whoever watches readings, or replays them, needs the same. */
export const detectionConfig = {
  ALLOWED_LATENESS_MS: whole(0, HOUR_MS)
    .default(DEFAULTS.latenessMs)
    .describe('How far behind the newest reading of its series a reading may be and still count in windows.'),
  IDLE_TIMEOUT_MS: whole(1_000, 24 * HOUR_MS)
    .default(DEFAULTS.idleTimeoutMs)
    .describe(
      'Silence, beside the lateness and by the time of the log, after which windows and anomalies of a series close.',
    ),
  DETECTOR: z
    .enum(DETECTORS.map(({ name }) => name) as [string, ...string[]])
    .default(DETECTORS[0]!.name)
    .describe('Which detector looks for anomalies.'),
  EPISODE_CALM_MS: whole(0, 24 * HOUR_MS)
    .default(DEFAULTS.episodeCalmMs)
    .describe('Event time without a reading out of range, and two readings, after which an anomaly ends.'),
};
