import { durationUs, episodeCounterfactual, episodeSentence, scoreOf } from '@tidewatch/anomaly-detection';
import type { Anomaly, SeriesRef } from '@tidewatch/contracts';
import { formatTimeUs, type SeriesKey } from '@tidewatch/readings';
import { anomalyId, incidentId } from './output-ids';
import type { EpisodeReport, HashedSeries } from './outputs';

/** What an event of an episode says. `unit` is that of the metric, where it is known. */
export function anomalyOf(
  { key, hash }: HashedSeries,
  { episode, related }: EpisodeReport,
  unit?: string,
): Anomaly {
  const { source, beganUs, endedUs, incidentUs, peak, revision, severity, flaggedReadings } = episode;
  const { device, metric } = key;
  return {
    id: anomalyId(hash, source, beganUs),
    revision,
    state: endedUs === null ? 'open' : 'closed',
    incidentId: incidentId(device, incidentUs),
    series: seriesRef(key),
    began: formatTimeUs(beganUs),
    peakTime: formatTimeUs(peak.timeUs),
    peakValue: peak.value,
    ended: endedUs === null ? null : formatTimeUs(endedUs),
    durationSeconds: durationUs(episode) / 1e6,
    flaggedReadings,
    expectedMin: peak.expectedMin,
    expectedMax: peak.expectedMax,
    score: scoreOf(peak.ratio),
    ratio: peak.ratio,
    deviation: peak.deviation,
    statistics: [...peak.statistics],
    related: related.map(({ series, ratio }) => ({ series: seriesRef(series.key), ratio })),
    severity,
    detector: source,
    explanation: episodeSentence(episode, { device, metric, unit }),
    counterfactual: episodeCounterfactual(episode),
  };
}

export function seriesRef({ device, metric, tags }: SeriesKey): SeriesRef {
  return { device, metric, tags: Object.fromEntries(tags) };
}
