import { DEFAULT_PARTITIONS, TOPICS } from '@tidewatch/contracts';
import { ensureKafkaTopics } from './kafka/ensure-topics';
import { KafkaMessageLog } from './kafka/kafka-message-log';
import type { MessagingOptions } from './options';
import type { MessageLog } from './port/log';
import { ensurePostgresTopics } from './postgres/ensure-topics';
import { PostgresMessageLog } from './postgres/postgres-message-log';
import { TracedLog } from './tracing/traced-log';
import type { EnsuredTopic, TopicSettings } from './topic-settings';

/** The message log of the chosen driver. Connects when it is first used. */
export function createMessageLog(options: MessagingOptions): MessageLog {
  const log = logOf(options);
  return options.tracer === undefined ? log : new TracedLog(log, options.tracer, options.driver);
}

function logOf(options: MessagingOptions): MessageLog {
  switch (options.driver) {
    case 'postgres':
      return new PostgresMessageLog(options);
    case 'kafka':
      return new KafkaMessageLog(options);
  }
}

/**
 * The explicit admin step: topics are created here and nowhere else. Never takes partitions away; safe to repeat.
 * Throws `LogReplacedError` when the database's checkpoints are of another log.
 * More partitions than before move devices to other partitions, which breaks their order once: grow only a drained topic.
 */
export function ensureTopics(
  options: MessagingOptions,
  settings: TopicSettings = {},
): Promise<EnsuredTopic[]> {
  const complete: Required<TopicSettings> = {
    partitions: settings.partitions ?? DEFAULT_PARTITIONS,
    replication: settings.replication ?? 1,
    topics: settings.topics ?? Object.values(TOPICS),
  };
  switch (options.driver) {
    case 'postgres':
      return ensurePostgresTopics(options, complete);
    case 'kafka':
      return ensureKafkaTopics(options, complete);
  }
}
