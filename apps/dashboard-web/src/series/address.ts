import { seriesRef, type SeriesRef } from '@tidewatch/contracts';

/** The chosen series as query text, so that a reload or a bookmark shows the same chart. */
export function toQuery(series: SeriesRef | undefined): string {
  if (series === undefined) return '';
  const query = new URLSearchParams({ device: series.device, metric: series.metric });
  for (const [key, value] of Object.entries(series.tags)) query.append('tag', JSON.stringify([key, value]));
  return `?${query.toString()}`;
}

/** Undefined when the query names no series, or rubbish. */
export function fromQuery(search: string): SeriesRef | undefined {
  const query = new URLSearchParams(search);
  try {
    const tags = query.getAll('tag').map((text) => JSON.parse(text) as [string, string]);
    const series = {
      device: query.get('device'),
      metric: query.get('metric'),
      tags: Object.fromEntries(tags),
    };
    return seriesRef.safeParse(series).data;
  } catch {
    return undefined;
  }
}
