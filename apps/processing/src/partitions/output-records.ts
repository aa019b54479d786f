import { durationUs, episodeCounterfactual, episodeSentence, scoreOf } from '@tidewatch/anomaly-detection';
import {
  type Anomaly,
  ANOMALY_EVENT_TYPES,
  type AnomalyEvent,
  cloudEventHeaders,
  type SeriesRef,
  WINDOW_EVENT_TYPES,
  type WindowAggregate,
} from '@tidewatch/contracts';
import type { LogRecord } from '@tidewatch/messaging';
import { formatTimeUs, partitionOfDevice, type SeriesKey } from '@tidewatch/readings';
import type { EpisodeReport, HashedSeries, WindowValues } from '@tidewatch/stream-processing';
import { anomalyId, incidentId, windowId } from './output-ids';

const SOURCE = '/tidewatch/processing';

export function windowRecord(
  { key, hash }: HashedSeries,
  values: Readonly<WindowValues>,
  partitions: number,
): LogRecord {
  const window: WindowAggregate = {
    id: windowId(hash, values.sizeMs, values.startMs),
    series: seriesRef(key),
    ...values,
  };
  const endUs = (values.startMs + values.sizeMs) * 1000;
  const type = window.revision === 0 ? WINDOW_EVENT_TYPES.first : WINDOW_EVENT_TYPES.revised;
  const event = { id: `${window.id}.${window.revision}`, type, time: formatTimeUs(endUs) };
  return record(window, event, partitions);
}

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

export function anomalyRecord(anomaly: Anomaly, event: AnomalyEvent, partitions: number): LogRecord {
  const { id, revision, began, ended } = anomaly;
  const type = ANOMALY_EVENT_TYPES[event];
  return record(anomaly, { id: `${id}.${revision}`, type, time: ended ?? began }, partitions);
}

function record(
  body: WindowAggregate | Anomaly,
  event: { id: string; type: string; time: string },
  partitions: number,
): LogRecord {
  const { device } = body.series;
  return {
    partition: partitionOfDevice(device, partitions),
    key: device,
    value: Buffer.from(JSON.stringify(body)),
    headers: cloudEventHeaders({ source: SOURCE, ...event }),
  };
}

function seriesRef({ device, metric, tags }: SeriesKey): SeriesRef {
  return { device, metric, tags: Object.fromEntries(tags) };
}
