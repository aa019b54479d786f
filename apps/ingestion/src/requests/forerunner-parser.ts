import { complaintAboutName, parseTime } from '@tidewatch/readings';
import { FaultList } from './fault-list';
import {
  EMPTY_LIST,
  isTimeInRange,
  MISSING,
  NOT_FINITE,
  type ParseContext,
  readItems,
  TIME_OUT_OF_RANGE,
} from './parsed-request';
import { isRecord, type SeriesCatalog } from './series-catalog';

/** Numbers below it are seconds (until the year 5138), others are milliseconds (from March 1973 on). */
const FIRST_MS = 1e11;

const NO_SAMPLE = { code: 'wrong-type', detail: 'Must be an object with "device_id" and numeric fields.' };
const NO_METRIC = { code: 'missing', detail: 'Must have at least one numeric field beside "device_id".' };
const NOT_NUMERIC = { code: 'wrong-type', detail: 'Must be a number: each field is a metric.' };
const INVALID_TIMESTAMP = {
  code: 'invalid-time',
  detail: 'Must be an ISO 8601 date-time, or a number of seconds or milliseconds since the epoch.',
};

/**
 * Reads the JSON value of a body of `POST /api/data`, the format of the forerunner: one object or an array of objects, in
 * which each numeric field beside `device_id` and `timestamp` is a metric. Throws a `ProblemError` (413) on too many
 * readings; every other fault is listed, and the object with the fault is left out of the rows as a whole.
 */
export function parseForerunner(body: unknown, context: ParseContext, catalog: SeriesCatalog): FaultList {
  if (Array.isArray(body) && body.length === 0) {
    const faults = new FaultList(null);
    faults.add([], EMPTY_LIST);
    return faults;
  }
  const located = Array.isArray(body)
    ? { items: body as unknown[], basePointer: '' }
    : { items: [body], basePointer: null };
  return readItems(located, context, (item, faults) => readSample(item, faults, { context, catalog }));
}

function readSample(
  item: unknown,
  faults: FaultList,
  { context, catalog }: { context: ParseContext; catalog: SeriesCatalog },
): void {
  if (!isRecord(item)) {
    faults.add([], NO_SAMPLE);
    return;
  }
  const { device_id: device, timestamp } = item;
  const aboutDevice = device === undefined ? MISSING : complaintAboutName(device);
  if (aboutDevice !== undefined) faults.add(['device_id'], aboutDevice);
  const timeUs = timestamp === undefined ? context.receivedUs : timestampUs(timestamp);
  if (Number.isNaN(timeUs)) faults.add(['timestamp'], INVALID_TIMESTAMP);
  else if (!isTimeInRange(timeUs)) faults.add(['timestamp'], TIME_OUT_OF_RANGE);

  let metrics = 0;
  for (const metric in item) {
    if (metric === 'device_id' || metric === 'timestamp') continue;
    metrics += 1;
    const value = item[metric];
    if (!isMetric(metric, value, faults) || faults.itemIsFaulty) continue;
    const series = catalog.find(device as string, metric) ?? catalog.add(device as string, metric);
    const time = timestamp === undefined ? series.receiptTimeUs(timeUs) : timeUs;
    context.rows.append(series, time, value as number);
  }
  if (metrics === 0) faults.add([], NO_METRIC);
}

function isMetric(metric: string, value: unknown, faults: FaultList): boolean {
  const aboutName = complaintAboutName(metric);
  if (aboutName !== undefined) {
    faults.add([metric], { ...aboutName, detail: `Name of the field: ${aboutName.detail}` });
  } else if (typeof value !== 'number') faults.add([metric], NOT_NUMERIC);
  else if (!Number.isFinite(value)) faults.add([metric], NOT_FINITE);
  else return true;
  return false;
}

/** What the forerunner's devices send: JavaScript's and Python's ISO forms (without an offset it is UTC), or a number. */
function timestampUs(timestamp: unknown): number {
  if (typeof timestamp === 'number') {
    return parseTime(Math.abs(timestamp) < FIRST_MS ? timestamp * 1000 : timestamp);
  }
  if (typeof timestamp !== 'string') return NaN;
  const withOffset = parseTime(timestamp);
  return Number.isNaN(withOffset) ? parseTime(`${timestamp}Z`) : withOffset;
}
