import {
  type Anomaly,
  anomalySentence,
  type AnomalyState,
  type Finding,
  type Severity,
} from '@tidewatch/contracts';
import type { DataSource } from 'typeorm';
import { AnomalyEntity } from '../entities/anomaly.entity';
import { MetricEntity } from '../entities/metric.entity';
import { type Page, type PageRequest, pageOf, rfc3339 } from './page';
import type { TimeRange } from './readings';

/** `from` and `to` are those of a range which an anomaly overlaps: it began before its end, and had not ended before its beginning. */
export interface AnomalyFilter extends TimeRange {
  readonly seriesId?: number;
  readonly device?: string;
  readonly metric?: string;
  readonly severity?: Severity;
  readonly state?: AnomalyState;
  /** Id of an incident. */
  readonly incident?: string;
}

type AnomalyRow = Omit<Anomaly, 'series' | 'finding'> &
  Anomaly['series'] & {
    readonly finding: Finding | null;
    readonly displayName: string | null;
    readonly unit: string | null;
  };

const COLUMNS = [
  ['a.id', 'id'],
  ['a.revision', 'revision'],
  ['a.state', 'state'],
  ['a.incident_id', 'incidentId'],
  ['s.device', 'device'],
  ['s.metric', 'metric'],
  ['s.tags', 'tags'],
  [rfc3339('a.began'), 'began'],
  [rfc3339('a.peak_time'), 'peakTime'],
  ['a.peak_value', 'peakValue'],
  [rfc3339('a.ended'), 'ended'],
  ['a.duration_seconds', 'durationSeconds'],
  ['a.flagged_readings', 'flaggedReadings'],
  ['a.expected_min', 'expectedMin'],
  ['a.expected_max', 'expectedMax'],
  ['a.score', 'score'],
  ['a.ratio', 'ratio'],
  ['a.deviation', 'deviation'],
  ['a.finding', 'finding'],
  ['a.statistics', 'statistics'],
  ['a.related', 'related'],
  ['a.severity', 'severity'],
  ['a.detector', 'detector'],
  ['a.explanation', 'explanation'],
  ['a.counterfactual', 'counterfactual'],
  ['m.display_name', 'displayName'],
  ['m.unit', 'unit'],
] as const;

/** Anomalies, the one that began last first, with what people call their metrics now. */
export async function listAnomalies(
  source: DataSource,
  filter: AnomalyFilter,
  { limit, after }: PageRequest,
): Promise<Page<Anomaly>> {
  const query = source.getRepository(AnomalyEntity).createQueryBuilder('a').innerJoin('a.series', 's');
  query.leftJoin(MetricEntity, 'm', 'm.name = s.metric').select([]);
  for (const [expression, name] of COLUMNS) query.addSelect(expression, name);
  query
    .orderBy('a.began', 'DESC')
    .addOrderBy('a.id', 'ASC')
    .limit(limit + 1);
  const { seriesId, device, metric, severity, state, incident, from, to } = filter;
  if (seriesId !== undefined) query.andWhere('a.seriesId = :seriesId', { seriesId });
  if (device !== undefined) query.andWhere('s.device = :device', { device });
  if (metric !== undefined) query.andWhere('s.metric = :metric', { metric });
  if (severity !== undefined) query.andWhere('a.severity = :severity', { severity });
  if (state !== undefined) query.andWhere('a.state = :state', { state });
  if (incident !== undefined) query.andWhere('a.incidentId = :incident', { incident });
  if (from !== undefined) query.andWhere('(a.ended IS NULL OR a.ended >= :from)', { from });
  if (to !== undefined) query.andWhere('a.began < :to', { to });
  if (after) {
    const [began, id] = after;
    query.andWhere('a.began <= :began AND (a.began < :began OR a.id > :id)', { began, id });
  }
  const rows = await query.getRawMany<AnomalyRow>();
  return pageOf(rows, limit, { item, position: (row) => [row.began, row.id] });
}

function item({ device, metric, tags, displayName, unit, finding, ...rest }: AnomalyRow): Anomaly {
  const anomaly = { ...rest, ...(finding && { finding }), series: { device, metric, tags } };
  const naming = { ...(displayName !== null && { displayName }), ...(unit !== null && { unit }) };
  return { ...anomaly, explanation: anomalySentence(anomaly, naming) };
}
