import { DETECTORS } from '@tidewatch/anomaly-detection';
import { z } from 'zod';
import type { StreamSettings } from '../settings';

const whole = z.number().int().nonnegative();

/** Which anomalies there are, by the settings of a stream: who replays readings goes by those of who watched them. */
export const watching = z.object({
  detector: z.enum(DETECTORS.map(({ name }) => name) as [string, ...string[]]),
  latenessMs: whole,
  reorderMs: whole,
  idleTimeoutMs: whole,
  evictAfterMs: whole,
  maxAheadMs: whole,
  episodeCalmMs: whole,
});
export type Watching = z.infer<typeof watching>;

export function watchingOf(detector: string, settings: StreamSettings): Watching {
  const { latenessMs, reorderMs, idleTimeoutMs, evictAfterMs, maxAheadMs, episodeCalmMs } = settings;
  return { detector, latenessMs, reorderMs, idleTimeoutMs, evictAfterMs, maxAheadMs, episodeCalmMs };
}
