import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The settings by which a consumer watches readings: it says them when it takes a partition, and previews go by them. */
export class Watching1763900000010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE watching (consumer text PRIMARY KEY, settings jsonb NOT NULL)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE watching');
  }
}
