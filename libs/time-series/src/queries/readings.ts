import type { StoredReading } from '@tidewatch/contracts';
import type { DataSource } from 'typeorm';
import { type Page, type PageRequest, pageOf, rfc3339 } from './page';

/** Times are RFC 3339; `from` is included, `to` is not. */
export interface TimeRange {
  readonly from?: string;
  readonly to?: string;
}

const READINGS = `
  SELECT ${rfc3339('time')} AS time, value FROM readings
  WHERE series_id = $1 AND time >= coalesce($2::timestamptz, '-infinity') AND time < coalesce($3::timestamptz, 'infinity')
    AND time > coalesce($4::timestamptz, '-infinity')
  ORDER BY readings.time LIMIT $5`;

/** Readings of a series in ascending order of time. */
export async function listReadings(
  source: DataSource,
  filter: TimeRange & { readonly seriesId: number },
  { limit, after }: PageRequest,
): Promise<Page<StoredReading>> {
  const { seriesId, from, to } = filter;
  const parameters = [seriesId, from ?? null, to ?? null, after?.[0] ?? null, limit + 1];
  const rows = await source.query<StoredReading[]>(READINGS, parameters);
  return pageOf(rows, limit, { item: (row) => row, position: (row) => [row.time] });
}
