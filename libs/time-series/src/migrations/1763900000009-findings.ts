import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an anomaly's sentence is made of, beside its numbers: so it can be made again with names and units. Null for those of before. */
export class Findings1763900000009 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE anomalies ADD COLUMN finding jsonb');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE anomalies DROP COLUMN finding');
  }
}
