import { LIMITS } from '@tidewatch/contracts';
import { complaintAboutName, parseTime } from '@tidewatch/readings';
import { FaultList } from './fault-list';
import {
  EMPTY_LIST,
  isTimeInRange,
  type Items,
  MISSING,
  NOT_A_NUMBER,
  NOT_FINITE,
  type ParseContext,
  readItems,
  TIME_OUT_OF_RANGE,
} from './parsed-request';
import { isRecord, type SeriesCatalog } from './series-catalog';

const INVALID_TIME = {
  code: 'invalid-time',
  detail: 'Must be an RFC 3339 date-time with offset, or a number of milliseconds since the epoch.',
};
const UNKNOWN_FIELD = {
  code: 'unknown-field',
  detail:
    'There is no such field. A reading has "device", "metric", "value", and may have "time" and "tags".',
};
const BESIDE_READINGS = { code: 'unknown-field', detail: 'There is no such field beside "readings".' };
const NO_READING = { code: 'wrong-type', detail: 'Must be a reading: an object.' };
const NO_BODY = {
  code: 'wrong-type',
  detail: 'Must be a reading, an array of readings, or an object with an array "readings".',
};
const NO_LIST = { code: 'wrong-type', detail: 'Must be an array of readings.' };
const NO_TAGS = { code: 'wrong-type', detail: 'Must be an object of strings.' };
const TOO_MANY_TAGS = {
  code: 'too-many-tags',
  detail: `A reading may have at most ${LIMITS.tagsPerReading} tags.`,
};

/**
 * Reads the JSON value of a body of `POST /v1/readings`. Throws a `ProblemError` (413) on too many readings; every other
 * fault is listed, and the reading with the fault is left out of the rows.
 */
export function parseReadings(body: unknown, context: ParseContext, catalog: SeriesCatalog): FaultList {
  const located = itemsOf(body);
  if (located instanceof FaultList) return located;
  return readItems(located, context, (item, faults) => {
    if (!readKnownSeries(item, context, catalog)) readCarefully(item, { ...context, catalog, faults });
  });
}

function itemsOf(body: unknown): Items | FaultList {
  const faults = new FaultList(null);
  if (Array.isArray(body)) {
    if (body.length > 0) return { items: body, basePointer: '' };
    faults.add([], EMPTY_LIST);
    return faults;
  }
  if (!isRecord(body)) {
    faults.add([], NO_BODY);
    return faults;
  }
  if (!('readings' in body)) return { items: [body], basePointer: null };
  for (const name of Object.keys(body)) if (name !== 'readings') faults.add([name], BESIDE_READINGS);
  const { readings } = body;
  if (!Array.isArray(readings)) faults.add(['readings'], NO_LIST);
  else if (readings.length === 0) faults.add(['readings'], EMPTY_LIST);
  else if (!faults.itemIsFaulty) return { items: readings, basePointer: '/readings' };
  return faults;
}

/** The way of nearly all readings: of a series that is known to be valid, and without a fault. False for all others. */
function readKnownSeries(item: unknown, { rows, receivedUs }: ParseContext, catalog: SeriesCatalog): boolean {
  if (!isRecord(item)) return false;
  const { device, metric, value, time, tags } = item;
  if (typeof device !== 'string' || typeof metric !== 'string') return false;
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  for (const name in item) if (!isField(name)) return false;
  const series = tags === undefined ? catalog.find(device, metric) : catalog.findTagged(device, metric, tags);
  if (series === undefined) return false;
  const timeUs = time === undefined ? series.receiptTimeUs(receivedUs) : timeOf(time);
  if (!isTimeInRange(timeUs)) return false;
  rows.append(series, timeUs, value);
  return true;
}

function isField(name: string): boolean {
  switch (name) {
    case 'device':
    case 'metric':
    case 'value':
    case 'time':
    case 'tags':
      return true;
    default:
      return false;
  }
}

function timeOf(time: unknown): number {
  return typeof time === 'string' || typeof time === 'number' ? parseTime(time) : NaN;
}

interface CarefulContext extends ParseContext {
  readonly catalog: SeriesCatalog;
  readonly faults: FaultList;
}

/** Looks at each field, and either lists what is wrong or enters the series into the catalog. */
function readCarefully(item: unknown, context: CarefulContext): void {
  const { rows, faults, catalog, receivedUs } = context;
  if (!isRecord(item)) {
    faults.add([], NO_READING);
    return;
  }
  for (const name of Object.keys(item)) if (!isField(name)) faults.add([name], UNKNOWN_FIELD);
  checkName(item, 'device', faults);
  checkName(item, 'metric', faults);
  checkValue(item['value'], faults);
  checkTags(item['tags'], faults);
  const { time } = item;
  const timeUs = time === undefined ? receivedUs : timeOf(time);
  if (Number.isNaN(timeUs)) faults.add(['time'], INVALID_TIME);
  else if (!isTimeInRange(timeUs)) faults.add(['time'], TIME_OUT_OF_RANGE);
  if (faults.itemIsFaulty) return;
  const valid = item as { device: string; metric: string; value: number; tags?: Record<string, string> };
  const series = catalog.add(valid.device, valid.metric, valid.tags);
  rows.append(series, time === undefined ? series.receiptTimeUs(receivedUs) : timeUs, valid.value);
}

function checkName(item: Readonly<Record<string, unknown>>, field: string, faults: FaultList): void {
  const name = item[field];
  const complaint = name === undefined ? MISSING : complaintAboutName(name);
  if (complaint !== undefined) faults.add([field], complaint);
}

function checkValue(value: unknown, faults: FaultList): void {
  if (value === undefined) faults.add(['value'], MISSING);
  else if (typeof value !== 'number') faults.add(['value'], NOT_A_NUMBER);
  else if (!Number.isFinite(value)) faults.add(['value'], NOT_FINITE);
}

function checkTags(tags: unknown, faults: FaultList): void {
  if (tags === undefined) return;
  if (!isRecord(tags)) {
    faults.add(['tags'], NO_TAGS);
    return;
  }
  const pairs = Object.entries(tags);
  if (pairs.length > LIMITS.tagsPerReading) {
    faults.add(['tags'], TOO_MANY_TAGS);
    return;
  }
  for (const [name, value] of pairs) {
    const aboutKey = complaintAboutName(name);
    if (aboutKey !== undefined) {
      faults.add(['tags', name], { ...aboutKey, detail: `Name of the tag: ${aboutKey.detail}` });
    }
    const aboutValue = complaintAboutName(value);
    if (aboutValue !== undefined) faults.add(['tags', name], aboutValue);
  }
}
