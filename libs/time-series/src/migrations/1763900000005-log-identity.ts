import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which log the checkpoints of a topic are of. The embedded log's own identity stands with its tables, so that it goes when they do;
 * Kafka has one of its own.
 */
export class LogIdentity1763900000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE log_partitions ADD COLUMN log_id uuid NOT NULL DEFAULT gen_random_uuid();
      CREATE TABLE checkpoint_logs (
        topic text PRIMARY KEY,
        log text NOT NULL
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE checkpoint_logs; ALTER TABLE log_partitions DROP COLUMN log_id');
  }
}
