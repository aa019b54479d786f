import type { DeadLetter } from '@tidewatch/contracts';
import type { DataSource } from 'typeorm';
import { type Page, type PageRequest, type Position, rfc3339 } from './page';

/** Bytes of the originals on one page; at least one is shown, whatever its size. */
const MAX_PAGE_BYTES = 4_000_000;

interface DeadLetterRow extends Omit<DeadLetter, 'value'> {
  value: Buffer;
  /** How many rows there were before the bytes were counted. */
  candidates: number;
}

/** The inner query stops at the limit; the sum then keeps a page of large records short. */
const DEAD_LETTERS = `
  SELECT topic, partition, "offset", reason, detail, value, time, candidates FROM (
    SELECT *, (count(*) OVER ())::int AS candidates,
      sum(octet_length(value)) OVER (ORDER BY "at" DESC, topic, partition, log_offset) - octet_length(value) AS bytes_before
    FROM (
      SELECT topic, partition, log_offset, log_offset::text AS "offset", reason, detail, value, time AS "at", ${rfc3339('time')} AS time
      FROM dead_letters
      WHERE $1::timestamptz IS NULL
        OR (time <= $1 AND (time < $1 OR (topic, partition, log_offset) > ($2::text, $3::int, $4::bigint)))
      ORDER BY dead_letters.time DESC, topic, partition, log_offset LIMIT $5
    ) AS candidates
  ) AS measured
  WHERE bytes_before < ${MAX_PAGE_BYTES}
  ORDER BY "at" DESC, topic, partition, log_offset`;

/** Dead letters, the newest first, with the original bytes in base64. A page can be shorter than its limit and yet not the last. */
export async function listDeadLetters(
  source: DataSource,
  { limit, after }: PageRequest,
): Promise<Page<DeadLetter>> {
  const [time = null, topic = null, partition = null, offset = null] = after ?? [];
  const parameters = [time, topic, partition, offset, limit + 1];
  const rows = await source.query<DeadLetterRow[]>(DEAD_LETTERS, parameters);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(item),
    next: last !== undefined && last.candidates > shown.length ? position(last) : null,
  };
}

function position(row: DeadLetterRow): Position {
  return [row.time, row.topic, String(row.partition), row.offset];
}

function item(row: DeadLetterRow): DeadLetter {
  const { topic, partition, offset, reason, detail, value, time } = row;
  return { topic, partition, offset, reason, detail, value: value.toString('base64'), time };
}
