import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Offsets from which on settings hold mean nothing without the checkpoint on the same log. Whoever deletes checkpoints, because that log is lost,
 * deletes them as well; else the next log would be processed by old settings up to its record of that offset.
 */
export class SettingsOfCheckpoints1763900000011 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DELETE FROM partition_settings s WHERE NOT EXISTS (
        SELECT FROM checkpoints c WHERE (c.consumer, c.topic, c.partition) = (s.consumer, s.topic, s.partition)
      );
      ALTER TABLE partition_settings ADD FOREIGN KEY (consumer, topic, partition) REFERENCES checkpoints ON DELETE CASCADE
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE partition_settings DROP CONSTRAINT partition_settings_consumer_topic_partition_fkey',
    );
  }
}
