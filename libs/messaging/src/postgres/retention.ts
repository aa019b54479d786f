import type { Pool, PoolClient } from 'pg';
import { delay } from '../delivery/backoff';
import { describeError, type MessagingLogger } from '../logger';

const ROUND_MS = 60_000;
const BATCH_RECORDS = 500;
/** Any constant will do, as long as nothing else in the database takes the same advisory lock. */
const LOCK_KEY = 7_243_319_401;

/** Partitions that may have something to drop. A topic that nobody keeps a checkpoint for is bounded by age alone. */
const CANDIDATES = `
  SELECT p.topic, p.partition, least(p.next_offset, min(c.next_offset)) AS safe_offset
  FROM log_partitions p LEFT JOIN checkpoints c ON c.topic = p.topic AND c.partition = p.partition
  GROUP BY p.topic, p.partition
  HAVING least(p.next_offset, min(c.next_offset)) > p.first_offset`;

/** Ends at the first record that is to stay, so that none is left behind when the clock was set back and times don't rise with offsets. */
const TRIM = `
  WITH bounds AS (
    SELECT first_offset, clock_timestamp() - $4 * interval '1 ms' AS oldest
    FROM log_partitions WHERE topic = $1 AND partition = $2
  ), looked_at AS (
    SELECT r.log_offset, r.appended_at < b.oldest AS is_old
    FROM log_records r, bounds b
    WHERE r.topic = $1 AND r.partition = $2
      AND r.log_offset >= b.first_offset
      AND r.log_offset < least($3::bigint, b.first_offset + ${BATCH_RECORDS})
  ), dropped AS (
    DELETE FROM log_records r USING bounds b
    WHERE r.topic = $1 AND r.partition = $2
      AND r.log_offset >= b.first_offset
      AND r.log_offset < (
        SELECT coalesce(min(log_offset) FILTER (WHERE NOT is_old), max(log_offset) + 1) FROM looked_at
      )
    RETURNING r.log_offset
  )
  UPDATE log_partitions SET first_offset = d.next_offset
  FROM (SELECT max(log_offset) + 1 AS next_offset, count(*)::int AS records FROM dropped) d
  WHERE topic = $1 AND partition = $2 AND d.records > 0
  RETURNING d.records`;

/**
 * Drops records that every consumer has passed and that are older than the retention, in small transactions.
 * All processes with consumers try; an advisory lock lets one do it.
 */
export class Retention {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly retentionMs: number,
    private readonly logger: MessagingLogger,
  ) {}

  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** One round over all partitions. Returns the number of records dropped; 0 as well when another process is at it. */
  async trim(): Promise<number> {
    const client = await this.pool.connect();
    let isBroken = false;
    try {
      const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
        LOCK_KEY,
      ]);
      if (!rows[0]!.locked) return 0;
      const dropped = await this.trimAll(client);
      await client.query('SELECT pg_advisory_unlock($1)', [LOCK_KEY]);
      return dropped;
    } catch (error) {
      isBroken = true;
      throw error;
    } finally {
      client.release(isBroken);
    }
  }

  private async trimAll(client: PoolClient): Promise<number> {
    // Losing a trim in a crash is harmless, so these commits need not wait for the disk.
    await client.query('SET synchronous_commit = off');
    const { rows } = await client.query<{ topic: string; partition: number; safe_offset: string }>(
      CANDIDATES,
    );
    let total = 0;
    for (const { topic, partition, safe_offset } of rows) {
      let dropped: number;
      do {
        const result = await client.query<{ records: number }>({
          name: 'tidewatch-trim',
          text: TRIM,
          values: [topic, partition, safe_offset, this.retentionMs],
        });
        dropped = result.rows[0]?.records ?? 0;
        total += dropped;
      } while (dropped === BATCH_RECORDS && !this.stopping.signal.aborted);
    }
    await client.query('SET synchronous_commit = on');
    return total;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.trim();
      } catch (error) {
        this.logger.warn(`old records stay on the log for now: ${describeError(error)}`);
      }
      await delay(ROUND_MS * (0.75 + Math.random() / 2), signal);
    }
  }
}
