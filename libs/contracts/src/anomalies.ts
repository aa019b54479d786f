import { z } from 'zod';
import { seriesRef } from './windows';

export const severity = z.enum(['info', 'warning', 'critical']);
export type Severity = z.infer<typeof severity>;

/** `withdrawn`: readings that came late have changed the verdict, and nothing is left of it. */
export const anomalyState = z.enum(['open', 'closed', 'withdrawn']);
export type AnomalyState = z.infer<typeof anomalyState>;

/** A statistic that took part in the verdict on the peak. */
export const firedStatistic = z.object({
  name: z.string(),
  /** `surprise`: -log10 of a tail probability. `sigma`: usual deviations. `limit`: limits. `share`: of the range seen. */
  unit: z.enum(['surprise', 'sigma', 'limit', 'share']),
  strength: z.number(),
});
export type FiredStatistic = z.infer<typeof firedStatistic>;

/** What was unusual at the peak. */
export const finding = z.object({
  /**
   * The reading itself, the mean of the last readings whatever this one was, or that nothing changed any more. Of a static limit: the reading was
   * below or above it, changed faster than it, or had not changed for longer.
   */
  kind: z.enum(['value', 'level', 'stuck', 'below', 'above', 'rate', 'no-change']),
  /** The value, or that mean; how much it changed in a second, or for how many seconds it had not. */
  observed: z.number(),
  /** A part of the sentence: in words, without names and units. */
  reason: z.string(),
});
export type Finding = z.infer<typeof finding>;

/** Another series of the device that was out of range, or near to it, within a minute of the beginning or the peak. */
export const relatedSeries = z.object({
  series: seriesRef,
  /** Its largest deviation in that stretch of time, in units of its limit. */
  ratio: z.number(),
});
export type RelatedSeries = z.infer<typeof relatedSeries>;

/** A side of a range as it is told: null where it is open. Before there was null, an open side was the largest number that there is. */
export function sideOfRange(side: number | null): number | null {
  return side !== null && Math.abs(side) < Number.MAX_VALUE ? side : null;
}

const side = z.number().nullable().overwrite(sideOfRange);

/**
 * An episode of one series in which it was out of its range, as it stands after an event. One schema for the topic, the API and the socket.
 * Each event has the whole of it: of two with one id, the higher revision stands.
 */
export const anomaly = z.object({
  /** Derived from series, detector and the beginning that was told first: the same anomaly has the same id after any replay, and whatever late readings change. */
  id: z.string(),
  /** 0 when opened; one more with each event. The highest stands: late readings may open again what was closed, or bring back what was withdrawn. */
  revision: z.number().int().nonnegative(),
  state: anomalyState,
  /** The same for all series of a device that are anomalous together: overlapping, or within a minute. */
  incidentId: z.string(),
  series: seriesRef,
  /** Event time of the first reading out of range. Times are RFC 3339 with microseconds. */
  began: z.string(),
  /** Of the reading that was furthest out of range. */
  peakTime: z.string(),
  peakValue: z.number(),
  /** Event time of the first reading back in range, or of the last reading before a silence; null while it goes on. */
  ended: z.string().nullable(),
  /** From the beginning to the end; while it goes on, to the last reading that was out of range or near to it. */
  durationSeconds: z.number().nonnegative(),
  /** Readings out of range so far. */
  flaggedReadings: z.number().int().positive(),
  /** Range of values which would not have been flagged, at the peak; null where a limit leaves a side open. */
  expectedMin: side,
  expectedMax: side,
  /** At the peak; 0 to 1, flagged from 0.5 on. A threshold above it would have raised nothing. */
  score: z.number(),
  /** The same in units of the limit: limits so many times as wide would have raised nothing. */
  ratio: z.number(),
  /** How many times larger than usual the deviation is; null where there never was one. */
  deviation: z.number().nullable(),
  /** Not in events of before there was such a thing. */
  finding: finding.optional(),
  statistics: z.array(firedStatistic),
  related: z.array(relatedSeries),
  /** From score and duration. */
  severity,
  /** Name of the detector; `limit-min`, `limit-max`, `limit-rate` or `limit-stuck` for a static limit. */
  detector: z.string(),
  /**
   * One sentence for a technician. On the topic and the socket, where nobody has looked up what people call the metric, it has the metric's own
   * name and no unit: `anomalySentence` makes it again with both. The API and the page do.
   */
  explanation: z.string(),
  /** What would have had to be otherwise for it not to be raised, in words. */
  counterfactual: z.string(),
});
export type Anomaly = z.infer<typeof anomaly>;

/**
 * What happened to an anomaly: the CloudEvents type. `revised` and `withdrawn` come of late readings that change the verdict; one that is revised may be
 * open or closed, whatever it was before.
 */
export const ANOMALY_EVENT_TYPES = {
  opened: 'io.tidewatch.anomaly.opened',
  updated: 'io.tidewatch.anomaly.updated',
  closed: 'io.tidewatch.anomaly.closed',
  revised: 'io.tidewatch.anomaly.revised',
  withdrawn: 'io.tidewatch.anomaly.withdrawn',
} as const;
export type AnomalyEvent = keyof typeof ANOMALY_EVENT_TYPES;
