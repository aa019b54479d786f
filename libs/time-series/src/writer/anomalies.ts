import type { Anomaly } from '@tidewatch/contracts';
import type { ClientBase } from 'pg';

/** An anomaly whose series is known by its id. */
export type NewAnomaly = Omit<Anomaly, 'series'> & { readonly seriesId: number };

/** Fields, their columns and the types of these. */
const COLUMNS: readonly (readonly [field: keyof NewAnomaly, column: string, type: string])[] = [
  ['id', 'id', 'text'],
  ['revision', 'revision', 'int'],
  ['state', 'state', 'text'],
  ['incidentId', 'incident_id', 'text'],
  ['seriesId', 'series_id', 'int'],
  ['began', 'began', 'timestamptz'],
  ['peakTime', 'peak_time', 'timestamptz'],
  ['peakValue', 'peak_value', 'float8'],
  ['ended', 'ended', 'timestamptz'],
  ['durationSeconds', 'duration_seconds', 'float8'],
  ['flaggedReadings', 'flagged_readings', 'int'],
  ['expectedMin', 'expected_min', 'float8'],
  ['expectedMax', 'expected_max', 'float8'],
  ['score', 'score', 'float8'],
  ['ratio', 'ratio', 'float8'],
  ['deviation', 'deviation', 'float8'],
  ['finding', 'finding', 'jsonb'],
  ['statistics', 'statistics', 'jsonb'],
  ['related', 'related', 'jsonb'],
  ['severity', 'severity', 'text'],
  ['detector', 'detector', 'text'],
  ['explanation', 'explanation', 'text'],
  ['counterfactual', 'counterfactual', 'text'],
];

const names = COLUMNS.map(([, column]) => column);
const UPSERT = `
  INSERT INTO anomalies AS stored (${names.join(', ')})
  SELECT * FROM unnest(${COLUMNS.map(([, , type], i) => `$${i + 1}::${type}[]`).join(', ')})
  ON CONFLICT (id) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(', ')}
  WHERE stored.revision < excluded.revision`;

/**
 * Stores anomalies as their events tell them: of one id the highest revision stands, whatever the order in which they come and how often.
 * Returns how many rows are new or have changed.
 */
export async function upsertAnomalies(client: ClientBase, events: readonly NewAnomaly[]): Promise<number> {
  const rows = highestRevisions(events);
  const values = COLUMNS.map(([field, , type]) =>
    rows.map((row) => (type === 'jsonb' ? JSON.stringify(row[field]) : row[field])),
  );
  const { rowCount } = await client.query(UPSERT, values);
  return rowCount ?? 0;
}

/** One statement can change a row only once. */
function highestRevisions(events: readonly NewAnomaly[]): NewAnomaly[] {
  const byId = new Map<string, NewAnomaly>();
  for (const event of events) {
    if (event.revision > (byId.get(event.id)?.revision ?? -1)) byId.set(event.id, event);
  }
  return [...byId.values()];
}
