import type { ClientBase } from 'pg';

/** A record that nobody could process; its identity is where it stood. */
export interface NewDeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly reason: string;
  readonly detail: string;
  /** The original bytes. */
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
}

const INSERT = `
  INSERT INTO dead_letters (topic, partition, log_offset, reason, detail, value, headers, time)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
  ON CONFLICT DO NOTHING`;

/**
 * Inserts those that are not stored yet, and returns how many these were. Text which PostgreSQL refuses (NUL, lone surrogates) is replaced:
 * a dead letter that could not be stored would become a dead letter again.
 */
export async function insertDeadLetters(
  client: ClientBase,
  letters: readonly NewDeadLetter[],
): Promise<number> {
  let inserted = 0;
  for (const letter of letters) {
    const headers = Object.entries(letter.headers).map(([name, value]) => [storable(name), storable(value)]);
    const { rowCount } = await client.query(INSERT, [
      storable(letter.topic),
      letter.partition,
      letter.offset.toString(),
      storable(letter.reason),
      storable(letter.detail),
      Buffer.from(letter.value.buffer, letter.value.byteOffset, letter.value.byteLength),
      JSON.stringify(Object.fromEntries(headers)),
      new Date(letter.timeMs),
    ]);
    inserted += rowCount ?? 0;
  }
  return inserted;
}

/** The way over UTF-8 replaces lone surrogates. */
function storable(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8').replaceAll('\0', '\uFFFD');
}
