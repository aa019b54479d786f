import {
  type Anomaly,
  ANOMALY_EVENT_TYPES,
  type AnomalyEvent,
  cloudEventHeaders,
  GROUP_WINDOW_EVENT_TYPES,
  type GroupPartial,
  WINDOW_EVENT_TYPES,
  type WindowAggregate,
} from '@tidewatch/contracts';
import type { LogRecord } from '@tidewatch/messaging';
import { formatTimeUs, partitionOfDevice } from '@tidewatch/readings';
import {
  groupWindowId,
  type HashedGroup,
  type HashedSeries,
  type PartialWindow,
  seriesRef,
  windowId,
  type WindowValues,
} from '@tidewatch/stream-processing';

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
  return record(window, windowEvent(window, WINDOW_EVENT_TYPES), { key: key.device, partitions });
}

/** `partition` is that of the readings. All records of a group are on one partition, so that who merges them need read no other. */
export function groupRecord(
  { key, hash }: HashedGroup,
  part: PartialWindow,
  { partition, partitions }: { partition: number; partitions: number },
): LogRecord {
  const window: GroupPartial = {
    id: groupWindowId(hash, partition, part),
    group: key,
    partition,
    ...part,
  };
  const name = `${key.tag}=${key.value}/${key.metric}`;
  return record(window, windowEvent(window, GROUP_WINDOW_EVENT_TYPES), { key: name, partitions });
}

function windowEvent(
  window: WindowAggregate | GroupPartial,
  types: { readonly first: string; readonly revised: string },
): Event {
  const { id, revision, startMs, sizeMs } = window;
  const type = revision === 0 ? types.first : types.revised;
  return { id: `${id}.${revision}`, type, time: formatTimeUs((startMs + sizeMs) * 1000) };
}

export function anomalyRecord(anomaly: Anomaly, event: AnomalyEvent, partitions: number): LogRecord {
  const { id, revision, began, ended } = anomaly;
  const head = { id: `${id}.${revision}`, type: ANOMALY_EVENT_TYPES[event], time: ended ?? began };
  return record(anomaly, head, { key: anomaly.series.device, partitions });
}

interface Event {
  readonly id: string;
  readonly type: string;
  readonly time: string;
}

function record(
  body: WindowAggregate | GroupPartial | Anomaly,
  event: Event,
  { key, partitions }: { key: string; partitions: number },
): LogRecord {
  return {
    partition: partitionOfDevice(key, partitions),
    key,
    value: Buffer.from(JSON.stringify(body)),
    headers: cloudEventHeaders({ source: SOURCE, ...event }),
  };
}
