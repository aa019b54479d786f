import type { DetectorKind, Verdict } from '@tidewatch/anomaly-detection';
import {
  type Anomaly,
  ANOMALY_EVENT_TYPE,
  cloudEventHeaders,
  type SeriesRef,
  type Severity,
  WINDOW_EVENT_TYPES,
  type WindowAggregate,
} from '@tidewatch/contracts';
import type { LogRecord } from '@tidewatch/messaging';
import { formatTimeUs, partitionOfDevice, type SeriesKey } from '@tidewatch/readings';
import type { FlaggedReading, HashedSeries, WindowValues } from '@tidewatch/stream-processing';
import { anomalyId, windowId } from './output-ids';

const SOURCE = '/tidewatch/processing';
const CRITICAL_FROM = 0.9;
const WARNING_FROM = 0.75;

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

export function anomalyOf(
  { series, timeUs, value }: FlaggedReading,
  verdict: Readonly<Verdict>,
  kind: DetectorKind,
): Anomaly {
  const { key, hash } = series;
  return {
    id: anomalyId(hash, kind.name, timeUs),
    series: seriesRef(key),
    time: formatTimeUs(timeUs),
    value,
    expectedMin: finite(verdict.expectedMin),
    expectedMax: finite(verdict.expectedMax),
    score: verdict.score,
    severity: severityOf(verdict.score),
    detector: kind.name,
    explanation: `${key.metric} ${kind.explain(value, verdict)}`,
  };
}

export function anomalyRecord(anomaly: Anomaly, partitions: number): LogRecord {
  return record(anomaly, { id: anomaly.id, type: ANOMALY_EVENT_TYPE, time: anomaly.time }, partitions);
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

function severityOf(score: number): Severity {
  if (score >= CRITICAL_FROM) return 'critical';
  return score >= WARNING_FROM ? 'warning' : 'info';
}

/** JSON has no infinity. */
function finite(x: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, x));
}
