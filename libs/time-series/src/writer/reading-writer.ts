import { finished } from 'node:stream/promises';
import type { ReadingBatch } from '@tidewatch/readings';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { CopyEncoder, columnParameters } from './copy-encoding';
import { ReadingRows } from './reading-rows';
import type { SeriesDictionary } from './series-dictionary';

const UNIQUE_VIOLATION = '23505';
const COPY = 'COPY readings (time, series_id, value) FROM STDIN (FORMAT binary)';

/**
 * Which of the given rows of a day are in the table: their numbers as big-endian 32-bit integers, and how many have another value there.
 * The LIMIT keeps the planner from anything but one index probe per row, whatever it believes about the table's size. The bounds are for
 * TimescaleDB: they leave the chunk of that day; without them each single probe goes through the list of all chunks.
 */
const PROBE = `
  SELECT coalesce(string_agg(int4send(g.n), ''), '') AS stored,
    (count(*) FILTER (WHERE r.value IS DISTINCT FROM g.value))::int AS conflicts
  FROM unnest($1::timestamptz[], $2::int4[], $3::float8[], $4::int4[]) AS g (time, series_id, value, n)
  CROSS JOIN LATERAL (
    SELECT value FROM readings r
    WHERE r.series_id = g.series_id AND r.time = g.time AND r.time >= $5::timestamptz AND r.time < $6::timestamptz
    LIMIT 1
  ) r`;

/** Midnight in UTC, some days after 2000-01-01. */
const midnight = (day: number): string => new Date(Date.UTC(2000, 0, 1 + day)).toISOString();

/** Clients that send again do so for a while: so many batches after a duplicate are probed before they are copied. */
const SUSPECT_BATCHES = 32;
const MAX_ATTEMPTS = 4;

export interface WriteResult {
  readonly written: number;
  /** Readings that were there already, in the table or earlier in the batch. */
  readonly duplicates: number;
  /** Those of `duplicates` whose value differs from the one that stands. */
  readonly conflicts: number;
}

/**
 * Writes readings exactly once. Each partition has a writer of its own: calls of one writer must not overlap.
 * Use: `prepare`, then in a transaction `write` and the advance of the offset.
 */
export class ReadingWriter {
  readonly #rows = new ReadingRows();
  readonly #encoder = new CopyEncoder();
  #suspectBatches = 0;

  constructor(private readonly dictionary: SeriesDictionary) {}

  /** Takes the readings of some blocks, in the order of the log, and finds the ids of their series. */
  async prepare(blocks: readonly ReadingBatch[]): Promise<void> {
    let capacity = 0;
    for (const block of blocks) capacity += block.value.length;
    const ids: Int32Array[] = [];
    for (const block of blocks) ids.push(await this.dictionary.resolve(block.series));
    this.#rows.reset(capacity);
    blocks.forEach((block, i) => {
      this.#rows.add(block, ids[i]!);
    });
  }

  /**
   * Writes the prepared readings, once, within the caller's transaction. As a rule none of them is stored already, and it is one COPY.
   * When the key says otherwise, that is rolled back to a savepoint; those that are stored are looked up and left out, then the rest is copied.
   */
  async write(client: pg.ClientBase): Promise<WriteResult> {
    const rows = this.#rows;
    if (this.#suspectBatches > 0) await this.#leaveOutStored(client);
    // A second collision needs another writer on the same partition, whom the checkpoint's epoch stops sooner or later.
    for (let attempt = 1; rows.length > 0 && !(await this.#copied(client)); attempt++) {
      if (attempt === MAX_ATTEMPTS) throw new Error('another process keeps writing the same readings');
      this.#suspectBatches = SUSPECT_BATCHES;
      await this.#leaveOutStored(client);
    }
    return { written: rows.length, duplicates: rows.duplicates, conflicts: rows.conflicts };
  }

  /** False when some row was there already; then nothing was written. */
  async #copied(client: pg.ClientBase): Promise<boolean> {
    await client.query('SAVEPOINT tidewatch_copy');
    try {
      await copy(client, this.#encoder.encode(this.#rows));
      return true;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.code !== UNIQUE_VIOLATION) throw error;
      await client.query('ROLLBACK TO SAVEPOINT tidewatch_copy');
      return false;
    }
  }

  async #leaveOutStored(client: pg.ClientBase): Promise<void> {
    const found: Buffer[] = [];
    let conflicts = 0;
    for (const [day, numbers] of this.#rows.numbersByDay()) {
      const { rows } = await client.query<{ stored: Buffer; conflicts: number }>(PROBE, [
        ...columnParameters(this.#rows, numbers),
        midnight(day),
        midnight(day + 1),
      ]);
      found.push(rows[0]!.stored);
      conflicts += rows[0]!.conflicts;
    }
    const stored = Buffer.concat(found);
    if (stored.length > 0) this.#suspectBatches = SUSPECT_BATCHES;
    else this.#suspectBatches -= 1;
    this.#rows.remove(stored, conflicts);
  }
}

async function copy(client: pg.ClientBase, input: Buffer): Promise<void> {
  const stream = client.query(copyFrom(COPY));
  stream.end(input);
  await finished(stream);
}
