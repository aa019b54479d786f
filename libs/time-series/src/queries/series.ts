import type { Series } from '@tidewatch/contracts';
import type { DataSource } from 'typeorm';
import { SeriesEntity } from '../entities/series.entity';
import { type Page, type PageRequest, pageOf, rfc3339 } from './page';

export interface SeriesFilter {
  readonly device?: string;
  readonly metric?: string;
}

/** Series in order of device, metric and id. */
export async function listSeries(
  source: DataSource,
  filter: SeriesFilter,
  { limit, after }: PageRequest,
): Promise<Page<Series>> {
  const query = source
    .getRepository(SeriesEntity)
    .createQueryBuilder('s')
    .select(['s.id AS id', 's.device AS device', 's.metric AS metric', 's.tags AS tags'])
    .addSelect(rfc3339('s.first_seen'), 'firstSeen')
    .limit(limit + 1);
  query.orderBy({ 's.device': 'ASC', 's.metric': 'ASC', 's.id': 'ASC' });
  if (filter.device !== undefined) query.andWhere('s.device = :device', { device: filter.device });
  if (filter.metric !== undefined) query.andWhere('s.metric = :metric', { metric: filter.metric });
  if (after) {
    const [device, metric, id] = after;
    query.andWhere('(s.device, s.metric, s.id) > (:afterDevice, :afterMetric, :afterId)', {
      ...{ afterDevice: device, afterMetric: metric, afterId: id },
    });
  }
  const rows = await query.getRawMany<Series>();
  return pageOf(rows, limit, {
    item: (row) => row,
    position: (row) => [row.device, row.metric, String(row.id)],
  });
}

/** Whether there is a series with this id. */
export function seriesExists(source: DataSource, id: number): Promise<boolean> {
  return source.getRepository(SeriesEntity).existsBy({ id });
}
