import type { Anomaly } from '@tidewatch/contracts';
import type { ClientBase } from 'pg';

/** An anomaly whose series is known by its id. */
export type NewAnomaly = Omit<Anomaly, 'series'> & { readonly seriesId: number };

const INSERT = `
  INSERT INTO anomalies (id, series_id, time, value, expected_min, expected_max, score, severity, detector, explanation)
  SELECT * FROM unnest($1::text[], $2::int[], $3::timestamptz[], $4::float8[], $5::float8[], $6::float8[], $7::float8[],
    $8::text[], $9::text[], $10::text[])
  ON CONFLICT (id) DO NOTHING`;

/** Inserts those that are not stored yet, and returns how many these were. A replay after a crash repeats anomalies with the same ids. */
export async function insertAnomalies(client: ClientBase, anomalies: readonly NewAnomaly[]): Promise<number> {
  const column = <K extends keyof NewAnomaly>(name: K): NewAnomaly[K][] => anomalies.map((one) => one[name]);
  const { rowCount } = await client.query(INSERT, [
    column('id'),
    column('seriesId'),
    column('time'),
    column('value'),
    column('expectedMin'),
    column('expectedMax'),
    column('score'),
    column('severity'),
    column('detector'),
    column('explanation'),
  ]);
  return rowCount ?? 0;
}
