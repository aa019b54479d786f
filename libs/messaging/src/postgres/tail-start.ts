import type { Pool } from 'pg';
import type { Wanted } from './record-reader';

const BOUNDS = `
  SELECT partition, first_offset, next_offset, (clock_timestamp() - $2 * interval '1 ms')::text AS since
  FROM log_partitions WHERE topic = $1`;

const IS_OLDER = `
  SELECT w.partition, r.appended_at < $4::timestamptz AS older
  FROM unnest($2::int[], $3::bigint[]) AS w (partition, log_offset)
  LEFT JOIN log_records r ON r.topic = $1 AND r.partition = w.partition AND r.log_offset = w.log_offset`;

interface Search {
  readonly partition: number;
  low: bigint;
  high: bigint;
}

/**
 * For each partition the offset of its first record that is at most `sinceMs` old (the end, when there is none).
 * A binary search by offset, because within a partition times rise with offsets and offsets have no holes.
 */
export async function findStart(pool: Pool, topic: string, sinceMs: number): Promise<Wanted[]> {
  const { rows } = await pool.query<{
    partition: number;
    first_offset: string;
    next_offset: string;
    since: string;
  }>(BOUNDS, [topic, sinceMs]);
  const searches: Search[] = rows.map((row) => ({
    partition: row.partition,
    low: BigInt(row.first_offset),
    high: BigInt(row.next_offset),
  }));
  if (sinceMs === 0) return searches.map(({ partition, high }) => ({ partition, offset: high }));
  for (;;) {
    const open = searches.filter(({ low, high }) => low < high);
    if (open.length === 0) break;
    await halve(pool, topic, open, rows[0]!.since);
  }
  return searches.map(({ partition, low }) => ({ partition, offset: low }));
}

async function halve(pool: Pool, topic: string, searches: readonly Search[], since: string): Promise<void> {
  const middles = new Map(searches.map((search) => [search, (search.low + search.high) / 2n]));
  const { rows } = await pool.query<{ partition: number; older: boolean | null }>({
    name: 'tidewatch-is-older',
    text: IS_OLDER,
    values: [topic, searches.map(({ partition }) => partition), [...middles.values()].map(String), since],
  });
  const older = new Map(rows.map((row) => [row.partition, row.older]));
  for (const search of searches) {
    const middle = middles.get(search)!;
    // A record that is not there was trimmed meanwhile, so it is older than anything of interest.
    if (older.get(search.partition) ?? true) search.low = middle + 1n;
    else search.high = middle;
  }
}
