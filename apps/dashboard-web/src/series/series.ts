import type { Metric, SeriesRef } from '@tidewatch/contracts';

type Named = Pick<Metric, 'displayName'>;

const sortedTags = (series: SeriesRef): [string, string][] =>
  Object.entries(series.tags).sort(([a], [b]) => (a < b ? -1 : 1));

/** The same text for the same series, whatever the order of its tags. */
export function seriesId(series: SeriesRef): string {
  return JSON.stringify([series.device, series.metric, sortedTags(series)]);
}

/** What tells a series apart from others of its device: the metric, by its name for people if it has one, and the tags if it has any. */
export function metricLabel(series: SeriesRef, metric?: Named): string {
  const name = metric?.displayName ?? series.metric;
  const tags = sortedTags(series).map(([key, value]) => `${key}=${value}`);
  return tags.length === 0 ? name : `${name} (${tags.join(', ')})`;
}

export function seriesLabel(series: SeriesRef, metric?: Named): string {
  return `${series.device} · ${metricLabel(series, metric)}`;
}

/** For behind a label: ` [bar]`, or nothing. */
export function unitLabel(metric: Pick<Metric, 'unit'> | undefined): string {
  return metric?.unit === undefined ? '' : ` [${metric.unit}]`;
}
