import type { PartitionClaim } from '@tidewatch/messaging';
import type { StateChange } from '@tidewatch/stream-processing';
import type { Pool, PoolClient } from 'pg';
import { HASH_BYTES, StateChunk } from './state-chunk';

/** Stands for the partition itself among the hashes of series. */
const PARTITION_KEY: Buffer = Buffer.alloc(HASH_BYTES);
const PAGE_ROWS = 1_000;

const LOAD = `
  SELECT key_hash, state FROM stream_state
  WHERE consumer = $1 AND topic = $2 AND partition = $3 AND key_hash > $4
  ORDER BY key_hash LIMIT ${PAGE_ROWS}`;

/**
 * All hashes and all states are one parameter each, in binary form: the driver would send arrays of buffers as hexadecimal text. Returns how long it took there: what
 * passes here until the answer is seen may be other work of this process.
 */
const UPSERT = {
  name: 'tidewatch-state',
  text: `
    WITH written AS (
      INSERT INTO stream_state (consumer, topic, partition, key_hash, state)
      SELECT $1, $2, $3, key_hash, state FROM unnest($4::bytea[], $5::bytea[]) AS change (key_hash, state)
      ON CONFLICT (consumer, topic, partition, key_hash) DO UPDATE SET state = excluded.state
      RETURNING 1
    )
    SELECT extract(epoch FROM clock_timestamp() - statement_timestamp())::float8 AS seconds
    FROM (SELECT count(*) FROM written) AS counted`,
};

const DELETE = `
  DELETE FROM stream_state
  WHERE consumer = $1 AND topic = $2 AND partition = $3
    AND key_hash IN (SELECT substring($4::bytea FROM i FOR ${HASH_BYTES}) FROM generate_series(1, length($4::bytea), ${HASH_BYTES}) AS i)`;

/** A process that is stopped in the middle of a checkpoint must not keep its successor waiting for its locks. */
const BEGIN = `BEGIN; SET LOCAL idle_in_transaction_session_timeout = 5000`;

export interface StoredState {
  /** Undefined where there is no checkpoint yet. */
  readonly partition: Uint8Array | undefined;
  readonly series: AsyncIterable<Uint8Array>;
}

export interface Written {
  readonly series: number;
  readonly bytes: number;
  /** That the states took here and in the database, without the wait for an answer and for the disk in the end: about what they took of processors. */
  readonly seconds: number;
}

type Place = Pick<PartitionClaim, 'consumer' | 'topic' | 'partition'>;

/** State of partitions and their series in `stream_state`. */
export class StateStore {
  constructor(private readonly pool: Pool) {}

  async load(place: Place): Promise<StoredState> {
    const { rows } = await this.pool.query<{ state: Buffer }>(
      `SELECT state FROM stream_state WHERE consumer = $1 AND topic = $2 AND partition = $3 AND key_hash = $4`,
      [...placeValues(place), PARTITION_KEY],
    );
    return { partition: rows[0]?.state, series: this.pages(place) };
  }

  /** Writes the changes and advances the checkpoint in one transaction. Throws `FencedError`, with nothing written. */
  async save(
    claim: PartitionClaim,
    nextOffset: bigint,
    partitionState: Uint8Array,
    changes: Iterable<StateChange>,
  ): Promise<Written> {
    const client = await this.pool.connect();
    // A connection that dies between two queries tells it by this event; the next query fails, which is enough.
    const ignore = (): void => undefined;
    client.on('error', ignore);
    try {
      await client.query(BEGIN);
      const written = await writeChanges(client, claim, partitionState, changes);
      await claim.advance(client, nextOffset);
      await client.query('COMMIT');
      client.off('error', ignore);
      client.release();
      return written;
    } catch (error) {
      // Closes the connection and so rolls back, whatever state it is in.
      client.release(true);
      throw error;
    }
  }

  /** Throws `FencedError` when another owner has the partition. `nextOffset` is the one that was saved last. */
  async confirm(claim: PartitionClaim, nextOffset: bigint): Promise<void> {
    await claim.advance(this.pool, nextOffset);
  }

  private async *pages(place: Place): AsyncGenerator<Uint8Array, void> {
    let after = PARTITION_KEY;
    for (;;) {
      const { rows } = await this.pool.query<{ key_hash: Buffer; state: Buffer }>(LOAD, [
        ...placeValues(place),
        after,
      ]);
      for (const { state } of rows) yield state;
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE_ROWS) return;
      after = last.key_hash;
    }
  }
}

async function writeChanges(
  client: PoolClient,
  place: Place,
  partitionState: Uint8Array,
  changes: Iterable<StateChange>,
): Promise<Written> {
  const chunk = new StateChunk();
  let removed: Uint8Array[] = [];
  let bytes = 0;
  let series = 0;
  let seconds = 0;
  let sinceMs = performance.now();
  const upsert = async (): Promise<void> => {
    const values = [...placeValues(place), ...chunk.values()];
    const answer = client.query<{ seconds: number }>({ ...UPSERT, values });
    seconds += (performance.now() - sinceMs) / 1000;
    seconds += (await answer).rows[0]!.seconds;
    sinceMs = performance.now();
  };
  const flush = async (): Promise<void> => {
    // A series that was removed and came back is among both: it must end as written.
    if (removed.length > 0) {
      await client.query(DELETE, [...placeValues(place), Buffer.concat(removed)]);
      sinceMs = performance.now();
    }
    if (chunk.count > 0) await upsert();
    removed = [];
    chunk.clear();
  };
  chunk.add(PARTITION_KEY, partitionState);
  for (const { hash, state } of changes) {
    if (state === undefined) {
      removed.push(hash);
      continue;
    }
    if (chunk.isFullWith(state)) await flush();
    chunk.add(hash, state);
    series += 1;
    bytes += state.length;
  }
  await flush();
  return { series, bytes, seconds };
}

function placeValues({ consumer, topic, partition }: Place): [string, string, number] {
  return [consumer, topic, partition];
}
