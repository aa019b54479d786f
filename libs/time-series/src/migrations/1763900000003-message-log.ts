import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables of the embedded message log. An append locks the partition's row, so offsets are dense and in order of commit. */
export class MessageLog1763900000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE log_partitions (
        topic text NOT NULL,
        partition int NOT NULL,
        next_offset bigint NOT NULL DEFAULT 0,
        first_offset bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (topic, partition)
      ) WITH (fillfactor = 50);
      CREATE TABLE log_records (
        topic text NOT NULL,
        partition int NOT NULL,
        log_offset bigint NOT NULL,
        -- The key's UTF-8 bytes and the headers' JSON text: both may hold what text and jsonb refuse (U+0000).
        key bytea NOT NULL,
        value bytea NOT NULL,
        headers text NOT NULL DEFAULT '{}',
        appended_at timestamptz NOT NULL,
        PRIMARY KEY (topic, partition, log_offset)
      ) WITH (autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_scale_factor = 0.05);
      ALTER TABLE log_records ALTER COLUMN value SET STORAGE EXTERNAL;
      CREATE TABLE log_leases (
        consumer text NOT NULL,
        topic text NOT NULL,
        partition int NOT NULL,
        owner text,
        expires_at timestamptz,
        PRIMARY KEY (consumer, topic, partition)
      );
      CREATE TABLE log_members (
        consumer text NOT NULL,
        topic text NOT NULL,
        member text NOT NULL,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (consumer, topic, member)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE log_members, log_leases, log_records, log_partitions');
  }
}
