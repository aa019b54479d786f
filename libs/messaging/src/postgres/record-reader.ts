import type { Pool } from 'pg';
import type { ConsumedRecord } from '../port/log';

const MAX_RECORDS_PER_PARTITION = 200;

/**
 * Reads many partitions at once. `next_offset` is checked first, so an idle partition costs one look at its row.
 * The length of a value is known without reading it (it is stored out of line), so the byte bound costs nothing.
 */
const READ = `
  SELECT p.partition, r.log_offset, p.next_offset, extract(epoch FROM r.appended_at)::float8 * 1000, r.key, r.headers, r.value
  FROM unnest($2::int[], $3::bigint[]) AS w (partition, from_offset)
  JOIN log_partitions p ON p.topic = $1 AND p.partition = w.partition AND p.next_offset > w.from_offset
  CROSS JOIN LATERAL (
    SELECT * FROM (
      SELECT s.*, sum(octet_length(s.value)) OVER (ORDER BY s.log_offset) - octet_length(s.value) AS bytes_before
      FROM (
        SELECT log_offset, appended_at, key, headers, value FROM log_records
        WHERE topic = $1 AND partition = w.partition AND log_offset >= w.from_offset
        ORDER BY log_offset LIMIT ${MAX_RECORDS_PER_PARTITION}
      ) s
    ) t
    WHERE t.bytes_before < $4
  ) r
  ORDER BY p.partition, r.log_offset`;

type Row = [
  partition: number,
  offset: string,
  nextOffset: string,
  appendedAtMs: number,
  key: Buffer,
  headers: string,
  value: Buffer,
];

export interface Wanted {
  readonly partition: number;
  readonly offset: bigint;
}

/** Records of one partition from the wanted offset on. */
export interface Fetched {
  readonly partition: number;
  readonly records: ConsumedRecord[];
  readonly bytes: number;
  readonly highWatermark: bigint;
}

/**
 * Records of the partitions from the wanted offsets on. `bytesPerPartition` is passed by at most one record of each
 * partition, and the first record comes whatever its size. Partitions without new records are left out.
 */
export async function readRecords(
  pool: Pool,
  topic: string,
  wanted: readonly Wanted[],
  bytesPerPartition: number,
): Promise<Fetched[]> {
  const { rows } = await pool.query<Row>({
    name: 'tidewatch-read',
    text: READ,
    rowMode: 'array',
    values: [
      topic,
      wanted.map(({ partition }) => partition),
      wanted.map(({ offset }) => offset.toString()),
      Math.max(1, Math.floor(bytesPerPartition)),
    ],
  });
  return byPartition(rows);
}

function byPartition(rows: readonly Row[]): Fetched[] {
  const fetched: Fetched[] = [];
  let current:
    { partition: number; records: ConsumedRecord[]; bytes: number; highWatermark: bigint } | undefined;
  for (const [partition, offset, nextOffset, appendedAtMs, key, headers, value] of rows) {
    if (current?.partition !== partition) {
      current = { partition, records: [], bytes: 0, highWatermark: BigInt(nextOffset) };
      fetched.push(current);
    }
    current.bytes += value.length;
    current.records.push({
      offset: BigInt(offset),
      key: key.toString('utf8'),
      value,
      headers: headers === '{}' ? {} : (JSON.parse(headers) as Record<string, string>),
      appendedAtMs: Math.floor(appendedAtMs),
    });
  }
  return fetched;
}

export interface Watermarks {
  readonly firstOffset: bigint;
  readonly nextOffset: bigint;
}

/** First and next offset of each partition of the topic. */
export async function readWatermarks(pool: Pool, topic: string): Promise<Map<number, Watermarks>> {
  const { rows } = await pool.query<{ partition: number; first_offset: string; next_offset: string }>({
    name: 'tidewatch-watermarks',
    text: 'SELECT partition, first_offset, next_offset FROM log_partitions WHERE topic = $1',
    values: [topic],
  });
  return new Map(
    rows.map((row) => [
      row.partition,
      { firstOffset: BigInt(row.first_offset), nextOffset: BigInt(row.next_offset) },
    ]),
  );
}
