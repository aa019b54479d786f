import pg from 'pg';

/** A partition of a consumer: what a transaction writes for. */
export interface PartitionName {
  readonly consumer: string;
  readonly topic: string;
  readonly partition: number;
}

/** Waiting longer for another transaction, or being silent longer inside of one, is a fault and not patience. */
const TIMEOUT = '10s';

/**
 * A shared advisory lock says for whom a transaction writes. It keeps nobody out; it is how `endEarlierTransactions` finds it.
 */
function begin({ consumer, topic, partition }: PartitionName): string {
  return `BEGIN; SET LOCAL lock_timeout = '${TIMEOUT}'; SET LOCAL idle_in_transaction_session_timeout = '${TIMEOUT}';
    SELECT pg_advisory_xact_lock_shared(hashtext(${pg.escapeLiteral(`${consumer}/${topic}`)}), ${partition})`;
}

const END_EARLIER = `
  SELECT count(pg_terminate_backend(pid))::int AS ended FROM pg_locks
  WHERE locktype = 'advisory' AND objsubid = 2 AND pid <> pg_backend_pid()
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid = hashtext($1)::oid AND objid = $2::int::oid`;

/**
 * Runs `work` in a transaction that writes for a partition, and commits. On an error it rolls back and throws that error;
 * when the connection is lost during the commit, nobody knows the outcome, and the checkpoint tells.
 */
export async function inPartitionTransaction<T>(
  pool: pg.Pool,
  name: PartitionName,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  // A connection that dies while it is ours reports that here too; the query that runs rejects as well.
  const onError = (): void => undefined;
  client.on('error', onError);
  let broken = true;
  try {
    await client.query(begin(name));
    const result = await work(client);
    await client.query('COMMIT');
    broken = false;
    return result;
  } catch (error) {
    if (!isUnanswered(error)) {
      await client.query('ROLLBACK').then(
        () => (broken = false),
        () => undefined,
      );
    }
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/** What `pg` says when its `query_timeout` is over. That connection is of no more use: what is asked next waits behind the same query. */
function isUnanswered(error: unknown): boolean {
  return (error as Partial<Error> | null)?.message === 'Query read timeout';
}

/**
 * Ends the transactions of earlier owners of the partition. Call it after the claim, under which they cannot commit any more: a process that was
 * stopped in the middle of one would otherwise keep its rows locked against us for as long as it sleeps. Returns how many were ended.
 */
export async function endEarlierTransactions(
  pool: Pick<pg.Pool, 'query'>,
  { consumer, topic, partition }: PartitionName,
): Promise<number> {
  const { rows } = await pool.query<{ ended: number }>(END_EARLIER, [`${consumer}/${topic}`, partition]);
  return rows[0]!.ended;
}
