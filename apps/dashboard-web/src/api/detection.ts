import {
  type DetectionInput,
  metricDetection,
  type MetricDetection,
  type PreviewInput,
  type PreviewLine,
  previewLine,
  seriesDetection,
  type SeriesDetection,
  type SeriesRef,
} from '@tidewatch/contracts';
import { findSeries } from './history';
import { getTagged, postForLines, putTagged, remove, type Tagged, unlessChanged } from './http';

/** How a series is watched: what is set of itself and of its metric, where anything is. */
export interface Detection {
  readonly seriesId: number;
  readonly own: Tagged<SeriesDetection> | undefined;
  readonly ofMetric: MetricDetection | undefined;
}

const pathOf = (seriesId: number): string => `/v1/detection/series/${seriesId}`;

/** Null while nothing of the series is stored. Throws `ApiError`. */
export async function loadDetection(series: SeriesRef, signal: AbortSignal): Promise<Detection | null> {
  const stored = await findSeries(series, signal);
  if (stored === undefined) return null;
  const [own, ofMetric] = await Promise.all([
    getTagged(pathOf(stored.id), seriesDetection, signal),
    getTagged(`/v1/detection/metrics/${encodeURIComponent(series.metric)}`, metricDetection, signal),
  ]);
  return { seriesId: stored.id, own, ofMetric: ofMetric?.item };
}

/** Sets what is said of the series itself, or forgets it. Throws `ApiError`: 412 when it has changed since it was loaded. */
export async function saveDetection({ seriesId, own }: Detection, input: DetectionInput): Promise<void> {
  const headers = unlessChanged(own);
  if (Object.keys(input).length > 0) {
    await putTagged(pathOf(seriesId), input, { schema: seriesDetection, headers });
  } else if (own !== undefined) {
    await remove(pathOf(seriesId), headers);
  }
}

/** What these settings would have raised, line by line. Throws `ApiError`. */
export function previewDetection(
  input: PreviewInput,
  signal: AbortSignal,
): AsyncGenerator<PreviewLine, void> {
  return postForLines('/v1/detection/preview', input, { schema: previewLine, signal });
}
