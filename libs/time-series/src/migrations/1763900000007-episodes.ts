import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An anomaly is an episode with a beginning, a peak and an end, of which events tell. What was stored before was a single reading: it becomes
 * an episode that began and ended with it, an incident of its own.
 */
export class Episodes1763900000007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE anomalies RENAME COLUMN time TO began;
      ALTER TABLE anomalies RENAME COLUMN value TO peak_value;
      ALTER TABLE anomalies
        ADD COLUMN revision int NOT NULL DEFAULT 0,
        ADD COLUMN state text NOT NULL DEFAULT 'closed',
        ADD COLUMN incident_id text,
        ADD COLUMN peak_time timestamptz,
        ADD COLUMN ended timestamptz,
        ADD COLUMN duration_seconds float8 NOT NULL DEFAULT 0,
        ADD COLUMN flagged_readings int NOT NULL DEFAULT 1,
        ADD COLUMN ratio float8,
        ADD COLUMN deviation float8,
        ADD COLUMN statistics jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN related jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN counterfactual text;
      UPDATE anomalies SET incident_id = id, peak_time = began, ended = began,
        ratio = CASE WHEN score < 1 THEN score / (1 - score) ELSE 1e9 END,
        counterfactual = 'It would not have fired at a threshold above ' || round(score::numeric, 4) || '.';
      ALTER TABLE anomalies
        ALTER COLUMN incident_id SET NOT NULL,
        ALTER COLUMN peak_time SET NOT NULL,
        ALTER COLUMN ratio SET NOT NULL,
        ALTER COLUMN counterfactual SET NOT NULL,
        ALTER COLUMN revision DROP DEFAULT,
        ALTER COLUMN state DROP DEFAULT,
        ALTER COLUMN duration_seconds DROP DEFAULT,
        ALTER COLUMN flagged_readings DROP DEFAULT,
        ALTER COLUMN statistics DROP DEFAULT,
        ALTER COLUMN related DROP DEFAULT;
      ALTER INDEX anomalies_time RENAME TO anomalies_began;
      ALTER INDEX anomalies_series_time RENAME TO anomalies_series_began;
      CREATE INDEX anomalies_incident ON anomalies (incident_id);
      CREATE INDEX anomalies_open ON anomalies (began DESC, id) WHERE state = 'open';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX anomalies_incident, anomalies_open;
      ALTER INDEX anomalies_began RENAME TO anomalies_time;
      ALTER INDEX anomalies_series_began RENAME TO anomalies_series_time;
      ALTER TABLE anomalies
        DROP COLUMN revision, DROP COLUMN state, DROP COLUMN incident_id, DROP COLUMN peak_time, DROP COLUMN ended,
        DROP COLUMN duration_seconds, DROP COLUMN flagged_readings, DROP COLUMN ratio, DROP COLUMN deviation,
        DROP COLUMN statistics, DROP COLUMN related, DROP COLUMN counterfactual;
      ALTER TABLE anomalies RENAME COLUMN began TO time;
      ALTER TABLE anomalies RENAME COLUMN peak_value TO value;
    `);
  }
}
