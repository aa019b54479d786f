import { CONSUMERS, TOPICS } from '@tidewatch/contracts';
import { refuseReplacedLog } from '../checkpoints/refuse-replaced-log';
import type { PostgresLogOptions } from '../options';
import type { EnsuredTopic, TopicSettings } from '../topic-settings';
import { readWatermarks } from './record-reader';

const ADD_PARTITIONS = `
  INSERT INTO log_partitions (topic, partition)
  SELECT $1, partition FROM generate_series(0, $2 - 1) AS partition
  ON CONFLICT DO NOTHING`;

/** A consumer that has never run yet stands at 0, so that nothing is trimmed before it has read it. */
const REGISTER_CONSUMER = `
  INSERT INTO checkpoints (consumer, topic, partition)
  SELECT $1, topic, partition FROM log_partitions WHERE topic = $2
  ON CONFLICT DO NOTHING`;

const CONSUMERS_OF: Readonly<Record<string, readonly string[]>> = {
  [TOPICS.readings]: [CONSUMERS.processing, CONSUMERS.storage],
  [TOPICS.anomalies]: [CONSUMERS.storageAnomalies],
  [TOPICS.deadLetters]: [CONSUMERS.storageDeadLetters],
};

/** Adds rows of `log_partitions`; see `ensureTopics`. */
export async function ensurePostgresTopics(
  { pool }: Pick<PostgresLogOptions, 'pool'>,
  settings: Required<TopicSettings>,
): Promise<EnsuredTopic[]> {
  const ensured: EnsuredTopic[] = [];
  for (const topic of settings.topics) {
    const { rowCount } = await pool.query(ADD_PARTITIONS, [topic, settings.partitions]);
    for (const consumer of CONSUMERS_OF[topic] ?? []) await pool.query(REGISTER_CONSUMER, [consumer, topic]);
    const { rows } = await pool.query<{ partitions: number }>(
      'SELECT count(*)::int AS partitions FROM log_partitions WHERE topic = $1',
      [topic],
    );
    const partitions = rows[0]!.partitions;
    const added = rowCount ?? 0;
    const outcome = added === 0 ? 'unchanged' : added === partitions ? 'created' : 'grown';
    ensured.push({ topic, partitions, outcome });
  }
  await refuseReplacedLog(pool, settings.topics, {
    identity: (topic) => identityOf(pool, topic),
    ends: async (topic) => {
      const watermarks = await readWatermarks(pool, topic);
      return new Map([...watermarks].map(([partition, { nextOffset }]) => [partition, nextOffset]));
    },
  });
  return ensured;
}

/** A topic has the id that its first partition was made with. */
async function identityOf(pool: PostgresLogOptions['pool'], topic: string): Promise<string> {
  const { rows } = await pool.query<{ log_id: string }>(
    'SELECT log_id FROM log_partitions WHERE topic = $1 AND partition = 0',
    [topic],
  );
  return `postgres ${rows[0]!.log_id}`;
}
