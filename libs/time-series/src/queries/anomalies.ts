import type { Anomaly, Severity } from '@tidewatch/contracts';
import type { DataSource } from 'typeorm';
import { AnomalyEntity } from '../entities/anomaly.entity';
import { type Page, type PageRequest, pageOf, rfc3339 } from './page';
import type { TimeRange } from './readings';

export interface AnomalyFilter extends TimeRange {
  readonly device?: string;
  readonly metric?: string;
  readonly severity?: Severity;
}

type AnomalyRow = Omit<Anomaly, 'series'> & Anomaly['series'];

const COLUMNS = [
  ['a.id', 'id'],
  ['s.device', 'device'],
  ['s.metric', 'metric'],
  ['s.tags', 'tags'],
  [rfc3339('a.time'), 'time'],
  ['a.value', 'value'],
  ['a.expected_min', 'expectedMin'],
  ['a.expected_max', 'expectedMax'],
  ['a.score', 'score'],
  ['a.severity', 'severity'],
  ['a.detector', 'detector'],
  ['a.explanation', 'explanation'],
] as const;

/** Anomalies, the newest event first. */
export async function listAnomalies(
  source: DataSource,
  filter: AnomalyFilter,
  { limit, after }: PageRequest,
): Promise<Page<Anomaly>> {
  const query = source.getRepository(AnomalyEntity).createQueryBuilder('a').innerJoin('a.series', 's');
  query.select([]);
  for (const [expression, name] of COLUMNS) query.addSelect(expression, name);
  query
    .orderBy('a.time', 'DESC')
    .addOrderBy('a.id', 'ASC')
    .limit(limit + 1);
  const { device, metric, severity, from, to } = filter;
  if (device !== undefined) query.andWhere('s.device = :device', { device });
  if (metric !== undefined) query.andWhere('s.metric = :metric', { metric });
  if (severity !== undefined) query.andWhere('a.severity = :severity', { severity });
  if (from !== undefined) query.andWhere('a.time >= :from', { from });
  if (to !== undefined) query.andWhere('a.time < :to', { to });
  if (after) {
    const [time, id] = after;
    query.andWhere('a.time <= :time AND (a.time < :time OR a.id > :id)', { time, id });
  }
  const rows = await query.getRawMany<AnomalyRow>();
  return pageOf(rows, limit, { item, position: (row) => [row.time, row.id] });
}

function item({ device, metric, tags, ...rest }: AnomalyRow): Anomaly {
  return { ...rest, series: { device, metric, tags } };
}
