import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Series, readings and anomalies. `key_hash` is 16 bytes of SHA-256 over the canonical series key.
 * The key of readings is their only index: it serves both uniqueness and history (docs/decisions/0006-one-index-on-readings.md).
 */
export class Readings1763900000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE series (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        key_hash bytea NOT NULL UNIQUE,
        device text NOT NULL,
        metric text NOT NULL,
        tags jsonb NOT NULL DEFAULT '{}',
        first_seen timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX series_device_metric ON series (device, metric, id);
      CREATE TABLE readings (
        time timestamptz NOT NULL,
        series_id int NOT NULL,
        value float8 NOT NULL,
        PRIMARY KEY (series_id, time)
      );
      CREATE TABLE anomalies (
        id text PRIMARY KEY,
        series_id int NOT NULL REFERENCES series (id),
        time timestamptz NOT NULL,
        value float8 NOT NULL,
        expected_min float8 NOT NULL,
        expected_max float8 NOT NULL,
        score float8 NOT NULL,
        severity text NOT NULL,
        detector text NOT NULL,
        explanation text NOT NULL
      );
      CREATE INDEX anomalies_time ON anomalies (time DESC, id);
      CREATE INDEX anomalies_series_time ON anomalies (series_id, time DESC, id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE anomalies, readings, series');
  }
}
