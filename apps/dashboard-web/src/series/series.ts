import type { SeriesRef } from '@tidewatch/contracts';

const sortedTags = (series: SeriesRef): [string, string][] =>
  Object.entries(series.tags).sort(([a], [b]) => (a < b ? -1 : 1));

/** The same text for the same series, whatever the order of its tags. */
export function seriesId(series: SeriesRef): string {
  return JSON.stringify([series.device, series.metric, sortedTags(series)]);
}

/** What tells a series apart from others of its device: the metric, and the tags if it has any. */
export function metricLabel(series: SeriesRef): string {
  const tags = sortedTags(series).map(([key, value]) => `${key}=${value}`);
  return tags.length === 0 ? series.metric : `${series.metric} (${tags.join(', ')})`;
}

export function seriesLabel(series: SeriesRef): string {
  return `${series.device} · ${metricLabel(series)}`;
}
