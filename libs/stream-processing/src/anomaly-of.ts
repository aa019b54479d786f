import { durationUs, episodeCounterfactual, scoreOf } from '@tidewatch/anomaly-detection';
import { type Anomaly, anomalySentence, type SeriesRef, sideOfRange } from '@tidewatch/contracts';
import { formatTimeUs, type SeriesKey } from '@tidewatch/readings';
import { anomalyId, incidentId } from './output-ids';
import type { EpisodeReport, HashedSeries } from './outputs';

/** What an event of an episode says. */
export function anomalyOf({ key, hash }: HashedSeries, { event, episode, related }: EpisodeReport): Anomaly {
  const { source, beganUs, identityUs, endedUs, incidentUs, peak, revision, severity, flaggedReadings } =
    episode;
  const told = {
    id: anomalyId(hash, source, identityUs),
    revision,
    state: event === 'withdrawn' ? event : endedUs === null ? ('open' as const) : ('closed' as const),
    incidentId: incidentId(key.device, incidentUs),
    series: seriesRef(key),
    began: formatTimeUs(beganUs),
    peakTime: formatTimeUs(peak.timeUs),
    peakValue: peak.value,
    ended: endedUs === null ? null : formatTimeUs(endedUs),
    durationSeconds: durationUs(episode) / 1e6,
    flaggedReadings,
    expectedMin: sideOfRange(peak.expectedMin),
    expectedMax: sideOfRange(peak.expectedMax),
    score: scoreOf(peak.ratio),
    ratio: peak.ratio,
    deviation: peak.deviation,
    finding: { kind: peak.cause, observed: peak.observed, reason: peak.reason },
    statistics: [...peak.statistics],
    related: related.map(({ series, ratio }) => ({ series: seriesRef(series.key), ratio })),
    severity,
    detector: source,
  };
  return { ...told, explanation: anomalySentence(told), counterfactual: episodeCounterfactual(episode) };
}

export function seriesRef({ device, metric, tags }: SeriesKey): SeriesRef {
  return { device, metric, tags: Object.fromEntries(tags) };
}
