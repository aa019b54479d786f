import {
  anomalyPage,
  devicePage,
  metricPage,
  readingPage,
  seriesPage,
  type Anomaly,
  type Device,
  type Metric,
  type MetricPage,
  type Points,
  type ReadingPage,
  type Series,
  type SeriesPage,
  type SeriesRef,
} from '@tidewatch/contracts';
import { seriesId } from '../series/series';
import { getJson } from './http';

const PAGE_SIZE = 1_000;
/** A chart is some thousand pixels wide: more pages than this only cost time. */
const MAX_PAGES = 10;

const query = (parameters: Record<string, string | number | null>): string =>
  new URLSearchParams(
    Object.entries(parameters).flatMap(([key, value]) => (value === null ? [] : [[key, String(value)]])),
  ).toString();

export async function listDevices(signal: AbortSignal): Promise<Device[]> {
  return (await getJson('/v1/devices', devicePage, signal)).items;
}

export async function listSeries(device: string, signal: AbortSignal): Promise<Series[]> {
  return (await getJson(`/v1/series?${query({ device })}`, seriesPage, signal)).items;
}

export async function listAnomalies(signal: AbortSignal): Promise<Anomaly[]> {
  return (await getJson('/v1/anomalies', anomalyPage, signal)).items;
}

/** What people say about metrics, by the name of the metric. */
export async function listMetrics(signal: AbortSignal): Promise<Map<string, Metric>> {
  const metrics = new Map<string, Metric>();
  let cursor: string | null = null;
  for (let page = 0; page < MAX_PAGES; page++) {
    const path: string = `/v1/metrics?${query({ limit: PAGE_SIZE, cursor })}`;
    const answer: MetricPage = await getJson(path, metricPage, signal);
    for (const metric of answer.items) metrics.set(metric.name, metric);
    cursor = answer.nextCursor;
    if (cursor === null) break;
  }
  return metrics;
}

/** Stored points of a series since a time, ascending. A series that is not stored yet has none. Throws `ApiError`. */
export async function loadPoints(series: SeriesRef, fromMs: number, signal: AbortSignal): Promise<Points> {
  const stored = await findSeries(series, signal);
  const rows: { timeMs: number; value: number }[] = [];
  if (stored === undefined) return { timeMs: [], value: [] };
  let cursor: string | null = null;
  for (let page = 0; page < MAX_PAGES; page++) {
    const from = new Date(fromMs).toISOString();
    const path: string = `/v1/series/${stored.id}/readings?${query({ from, limit: PAGE_SIZE, cursor })}`;
    const answer: ReadingPage = await getJson(path, readingPage, signal);
    for (const { time, value } of answer.items) rows.push({ timeMs: Date.parse(time), value });
    cursor = answer.nextCursor;
    if (cursor === null) break;
  }
  rows.sort((a, b) => a.timeMs - b.timeMs);
  return { timeMs: rows.map((row) => row.timeMs), value: rows.map((row) => row.value) };
}

/** The series as it is stored, with its id; undefined where nothing of it is stored yet. Throws `ApiError`. */
export async function findSeries(series: SeriesRef, signal: AbortSignal): Promise<Series | undefined> {
  const wanted = seriesId(series);
  let cursor: string | null = null;
  for (let page = 0; page < MAX_PAGES; page++) {
    const path: string = `/v1/series?${query({ device: series.device, metric: series.metric, cursor })}`;
    const answer: SeriesPage = await getJson(path, seriesPage, signal);
    const found = answer.items.find((item) => seriesId(item) === wanted);
    if (found !== undefined) return found;
    cursor = answer.nextCursor;
    if (cursor === null) break;
  }
  return undefined;
}
