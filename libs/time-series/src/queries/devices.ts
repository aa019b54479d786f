import type { Device } from '@tidewatch/contracts';
import type { DataSource } from 'typeorm';
import { type Page, type PageRequest, pageOf, rfc3339 } from './page';

/** The index on (device, metric, id) gives devices in order; each series costs one probe of the readings' key, not a scan of its readings. */
const DEVICES = `
  WITH page AS (
    SELECT device, count(*)::int AS series_count, min(first_seen) AS first_seen, array_agg(id) AS series_ids
    FROM series WHERE $1::text IS NULL OR device > $1
    GROUP BY device ORDER BY device LIMIT $2
  )
  SELECT device, series_count AS "seriesCount", ${rfc3339('first_seen')} AS "firstSeen",
    (SELECT ${rfc3339('max(newest.time)')} FROM unnest(series_ids) AS s (id)
     CROSS JOIN LATERAL (
       SELECT time FROM readings WHERE series_id = s.id ORDER BY time DESC LIMIT 1
     ) AS newest) AS "lastReadingTime"
  FROM page ORDER BY device`;

/** Devices in order of their names. */
export async function listDevices(source: DataSource, { limit, after }: PageRequest): Promise<Page<Device>> {
  const rows = await source.query<Device[]>(DEVICES, [after?.[0] ?? null, limit + 1]);
  return pageOf(rows, limit, { item: (row) => row, position: (row) => [row.device] });
}
