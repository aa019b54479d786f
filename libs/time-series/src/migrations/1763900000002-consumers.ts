import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What consumers keep: offset and epoch per partition, state per series, and records nobody could process. */
export class Consumers1763900000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE checkpoints (
        consumer text NOT NULL,
        topic text NOT NULL,
        partition int NOT NULL,
        next_offset bigint NOT NULL DEFAULT 0,
        epoch bigint NOT NULL DEFAULT 0,
        owner text,
        claimed_at timestamptz,
        advanced_at timestamptz,
        PRIMARY KEY (consumer, topic, partition)
      );
      CREATE TABLE stream_state (
        consumer text NOT NULL,
        topic text NOT NULL,
        partition int NOT NULL,
        key_hash bytea NOT NULL,
        state bytea NOT NULL,
        PRIMARY KEY (consumer, topic, partition, key_hash)
      );
      ALTER TABLE stream_state ALTER COLUMN state SET STORAGE EXTERNAL;
      CREATE TABLE dead_letters (
        topic text NOT NULL,
        partition int NOT NULL,
        log_offset bigint NOT NULL,
        reason text NOT NULL,
        detail text NOT NULL,
        value bytea NOT NULL,
        headers jsonb NOT NULL DEFAULT '{}',
        time timestamptz NOT NULL,
        PRIMARY KEY (topic, partition, log_offset)
      );
      CREATE INDEX dead_letters_time ON dead_letters (time DESC);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE dead_letters, stream_state, checkpoints');
  }
}
