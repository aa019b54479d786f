import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The largest double, which an open side of a range had before. */
const OPEN = '1.7976931348623157e308::float8';

/** A range of expected values that a limit leaves open on one side has no number there. */
export class OpenRanges1763900000013 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE anomalies ALTER COLUMN expected_min DROP NOT NULL, ALTER COLUMN expected_max DROP NOT NULL',
    );
    await runner.query(`UPDATE anomalies SET expected_min = NULL WHERE expected_min = -${OPEN}`);
    await runner.query(`UPDATE anomalies SET expected_max = NULL WHERE expected_max = ${OPEN}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`UPDATE anomalies SET expected_min = -${OPEN} WHERE expected_min IS NULL`);
    await runner.query(`UPDATE anomalies SET expected_max = ${OPEN} WHERE expected_max IS NULL`);
    await runner.query(
      'ALTER TABLE anomalies ALTER COLUMN expected_min SET NOT NULL, ALTER COLUMN expected_max SET NOT NULL',
    );
  }
}
