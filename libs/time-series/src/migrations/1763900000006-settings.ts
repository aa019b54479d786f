import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What people say about metrics. `settings_revision` is one row that every change of a setting raises, so that revisions are in the order of commits. */
export class Settings1763900000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE settings_revision (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        revision bigint NOT NULL
      );
      INSERT INTO settings_revision (revision) VALUES (0);
      CREATE TABLE metrics (
        name text PRIMARY KEY,
        display_name text,
        unit text,
        description text,
        decimals smallint,
        revision bigint NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE metrics, settings_revision');
  }
}
