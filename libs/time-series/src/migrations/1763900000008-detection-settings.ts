import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Detection settings by revision: the newest row of a subject holds now, older ones for partitions that have yet to come to it. `body` is null
 * where a setting was removed. `partition_settings` says from which offset on a consumer goes by which revision.
 */
export class DetectionSettings1763900000008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE detection_settings (
        scope text NOT NULL CHECK (scope IN ('metric', 'series')),
        subject text NOT NULL,
        revision bigint NOT NULL,
        body jsonb,
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (scope, subject, revision)
      );
      CREATE TABLE partition_settings (
        consumer text NOT NULL,
        topic text NOT NULL,
        partition int NOT NULL,
        from_offset bigint NOT NULL,
        revision bigint NOT NULL,
        PRIMARY KEY (consumer, topic, partition, from_offset)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE partition_settings, detection_settings');
  }
}
