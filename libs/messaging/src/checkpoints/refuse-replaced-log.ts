import { LogReplacedError } from '../port/errors';
import type { Queryable } from '../port/checkpoints';

interface CheckpointRow {
  consumer: string;
  topic: string;
  partition: number;
  next_offset: string;
}

/** What a driver tells of the log it is connected to. */
export interface PresentLog {
  /** The same for as long as the topic lives, and never that of another topic or log. Begins with the driver's name. */
  identity(topic: string): Promise<string>;
  /** By partition, the offset that the next record gets. */
  ends(topic: string): Promise<ReadonlyMap<number, bigint>>;
}

const WHAT_TO_DO =
  'Use the former log (MESSAGE_LOG; "npm start" has --log), or another database; ' +
  'or, when the former log is drained or lost, delete the rows of "checkpoints".';

/**
 * Throws `LogReplacedError` when checkpoints of the database are of another log than the present one (of the other driver, of another
 * cluster, or one that was lost and made anew): the records below the checkpoints would never be read. Otherwise notes
 * whose the checkpoints are; those from before there were notes are taken for the present log's, unless they are beyond its end.
 */
export async function refuseReplacedLog(
  database: Queryable,
  topics: readonly string[],
  log: PresentLog,
): Promise<void> {
  const identities = new Map<string, string>();
  for (const topic of topics) identities.set(topic, await log.identity(topic));
  await refuseOtherIdentity(database, identities);
  await refuseShorterLog(database, topics, log);
  await database.query(
    `INSERT INTO checkpoint_logs AS l (topic, log) SELECT * FROM unnest($1::text[], $2::text[])
     ON CONFLICT (topic) DO UPDATE SET log = excluded.log WHERE l.log <> excluded.log`,
    [[...identities.keys()], [...identities.values()]],
  );
}

async function refuseOtherIdentity(
  database: Queryable,
  identities: ReadonlyMap<string, string>,
): Promise<void> {
  // Where nothing was read yet, any log will do.
  const { rows } = await database.query(
    `SELECT topic, log FROM checkpoint_logs l WHERE topic = ANY ($1::text[])
     AND EXISTS (SELECT FROM checkpoints c WHERE c.topic = l.topic AND next_offset > 0) ORDER BY topic`,
    [[...identities.keys()]],
  );
  for (const { topic, log } of rows as { topic: string; log: string }[]) {
    const present = identities.get(topic)!;
    if (log === present) continue;
    throw new LogReplacedError(
      `${topic} was read from another log (${log}) than this one (${present}). ${WHAT_TO_DO}`,
    );
  }
}

async function refuseShorterLog(
  database: Queryable,
  topics: readonly string[],
  log: PresentLog,
): Promise<void> {
  // The checkpoints first: ends only rise.
  const { rows } = await database.query(
    'SELECT consumer, topic, partition, next_offset FROM checkpoints WHERE topic = ANY ($1::text[]) AND next_offset > 0',
    [topics],
  );
  const checkpoints = rows as CheckpointRow[];
  for (const topic of new Set(checkpoints.map((row) => row.topic))) {
    const ended = await log.ends(topic);
    for (const { consumer, partition, next_offset } of checkpoints.filter((row) => row.topic === topic)) {
      const end = ended.get(partition) ?? 0n;
      if (BigInt(next_offset) <= end) continue;
      throw new LogReplacedError(
        `${consumer} has read ${topic}/${partition} up to ${next_offset}, but this log ends at ${end.toString()}: it is another log. ${WHAT_TO_DO}`,
      );
    }
  }
}
