import { type DeviceGroup, deviceGroup, seriesRef, type SeriesRef } from '@tidewatch/contracts';

/** What the chart shows: a series, a group of them, or nothing. */
export interface Chosen {
  readonly series?: SeriesRef | undefined;
  readonly group?: DeviceGroup | undefined;
}

/** What is chosen as query text, so that a reload or a bookmark shows the same chart. */
export function toQuery({ series, group }: Chosen): string {
  if (group !== undefined) {
    const { tag, value, metric } = group;
    return `?${new URLSearchParams({ group: JSON.stringify([tag, value]), metric }).toString()}`;
  }
  if (series === undefined) return '';
  const query = new URLSearchParams({ device: series.device, metric: series.metric });
  for (const [key, value] of Object.entries(series.tags)) query.append('tag', JSON.stringify([key, value]));
  return `?${query.toString()}`;
}

/** Nothing when the query names neither a series nor a group, or rubbish. */
export function fromQuery(search: string): Chosen {
  const query = new URLSearchParams(search);
  const pairOf = (text: string) => JSON.parse(text) as [string, string];
  try {
    const metric = query.get('metric');
    const groupPair = query.get('group');
    if (groupPair !== null) {
      const [tag, value] = pairOf(groupPair);
      return { group: deviceGroup.safeParse({ tag, value, metric }).data };
    }
    const tags = Object.fromEntries(query.getAll('tag').map(pairOf));
    return { series: seriesRef.safeParse({ device: query.get('device'), metric, tags }).data };
  } catch {
    return {};
  }
}
