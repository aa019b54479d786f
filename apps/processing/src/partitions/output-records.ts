import {
  type Anomaly,
  ANOMALY_EVENT_TYPES,
  type AnomalyEvent,
  cloudEventHeaders,
  WINDOW_EVENT_TYPES,
  type WindowAggregate,
} from '@tidewatch/contracts';
import type { LogRecord } from '@tidewatch/messaging';
import { formatTimeUs, partitionOfDevice } from '@tidewatch/readings';
import { type HashedSeries, seriesRef, windowId, type WindowValues } from '@tidewatch/stream-processing';

const SOURCE = '/tidewatch/processing';

export function windowRecord(
  { key, hash }: HashedSeries,
  values: Readonly<WindowValues>,
  partitions: number,
): LogRecord {
  const window: WindowAggregate = {
    id: windowId(hash, values),
    series: seriesRef(key),
    ...values,
  };
  const endUs = (values.startMs + values.sizeMs) * 1000;
  const type = window.revision === 0 ? WINDOW_EVENT_TYPES.first : WINDOW_EVENT_TYPES.revised;
  const event = { id: `${window.id}.${window.revision}`, type, time: formatTimeUs(endUs) };
  return record(window, event, partitions);
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
