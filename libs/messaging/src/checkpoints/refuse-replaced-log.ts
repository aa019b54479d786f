import { LogReplacedError } from '../port/errors';
import type { Queryable } from '../port/checkpoints';

interface CheckpointRow {
  consumer: string;
  topic: string;
  partition: number;
  next_offset: string;
}

/**
 * Throws `LogReplacedError` when a checkpoint is beyond the end of its partition: another log was read with this database (of the other
 * driver, or one that was lost). Consumers would wait, and the records below the checkpoint would never be read.
 */
export async function refuseReplacedLog(
  database: Queryable,
  topics: readonly string[],
  ends: (topic: string) => Promise<ReadonlyMap<number, bigint>>,
): Promise<void> {
  // The checkpoints first: ends only rise.
  const { rows } = await database.query(
    'SELECT consumer, topic, partition, next_offset FROM checkpoints WHERE topic = ANY ($1::text[]) AND next_offset > 0',
    [topics],
  );
  const checkpoints = rows as CheckpointRow[];
  for (const topic of new Set(checkpoints.map((row) => row.topic))) {
    const ended = await ends(topic);
    for (const { consumer, partition, next_offset } of checkpoints.filter((row) => row.topic === topic)) {
      const end = ended.get(partition) ?? 0n;
      if (BigInt(next_offset) <= end) continue;
      throw new LogReplacedError(
        `${consumer} has read ${topic}/${partition} up to ${next_offset}, but this log ends at ${end.toString()}: it is another log. ` +
          'Use the former one, or another database; or, when the former one is drained or lost, delete the rows of "checkpoints".',
      );
    }
  }
}
