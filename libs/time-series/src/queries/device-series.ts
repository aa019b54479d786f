import type { SeriesRef } from '@tidewatch/contracts';
import type { DataSource } from 'typeorm';

/** One series by its id, or those of a device and metric that have all these tags. */
export type SeriesSelection =
  | { readonly seriesId: number }
  | { readonly device: string; readonly metric: string; readonly tags: Readonly<Record<string, string>> };

/** A series of a device, and whether it was asked for. */
export interface DeviceSeries extends SeriesRef {
  readonly id: number;
  readonly isSelected: boolean;
}

export interface DeviceSeriesPage {
  /** Those that were selected first, up to the limit. */
  readonly series: readonly DeviceSeries[];
  readonly selectedCount: number;
  readonly totalCount: number;
}

const DEVICE_SERIES = `
  SELECT id, device, metric, tags, selected AS "isSelected", (count(*) OVER ())::int AS "totalCount",
    (count(*) FILTER (WHERE selected) OVER ())::int AS "selectedCount"
  FROM (
    SELECT *, CASE WHEN $1::int IS NULL THEN metric = $3 AND tags @> $4::jsonb ELSE id = $1 END AS selected
    FROM series WHERE device = coalesce($2, (SELECT device FROM series WHERE id = $1))
  ) AS of_device
  ORDER BY selected DESC, metric, id LIMIT $5`;

type Row = DeviceSeries & Pick<DeviceSeriesPage, 'selectedCount' | 'totalCount'>;

/** Series of the device that the selection is of. */
export async function listDeviceSeries(
  source: DataSource,
  selection: SeriesSelection,
  limit: number,
): Promise<DeviceSeriesPage> {
  const parameters =
    'seriesId' in selection
      ? [selection.seriesId, null, null, '{}', limit]
      : [null, selection.device, selection.metric, JSON.stringify(selection.tags), limit];
  const rows = await source.query<Row[]>(DEVICE_SERIES, parameters);
  const { selectedCount = 0, totalCount = 0 } = rows[0] ?? {};
  const series = rows.map(({ id, device, metric, tags, isSelected }) => ({
    ...{ id, device, metric, tags, isSelected },
  }));
  return { series, selectedCount, totalCount };
}
