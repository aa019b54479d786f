import type { PartitionClaim } from '@tidewatch/messaging';
import type { StateChange } from '@tidewatch/stream-processing';
import type { Pool, PoolClient } from 'pg';

const HASH_BYTES = 16;
/** Stands for the partition itself among the hashes of series. */
const PARTITION_KEY: Buffer = Buffer.alloc(HASH_BYTES);
const PAGE_ROWS = 1_000;
const STATEMENT_BYTES = 1024 * 1024;
const STATEMENT_ROWS = 5_000;

const LOAD = `
  SELECT key_hash, state FROM stream_state
  WHERE consumer = $1 AND topic = $2 AND partition = $3 AND key_hash > $4
  ORDER BY key_hash LIMIT ${PAGE_ROWS}`;

/** One parameter for all hashes and one for all states, cut up by the server: arrays of bytea would travel as hexadecimal text. */
const UPSERT = `
  INSERT INTO stream_state (consumer, topic, partition, key_hash, state)
  SELECT $1, $2, $3, substring($4::bytea FROM ((i - 1) * ${HASH_BYTES} + 1)::int FOR ${HASH_BYTES}), substring($5::bytea FROM start + 1 FOR length)
  FROM unnest($6::int[], $7::int[]) WITH ORDINALITY AS slice (start, length, i)
  ON CONFLICT (consumer, topic, partition, key_hash) DO UPDATE SET state = excluded.state`;

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
  let removed: Uint8Array[] = [];
  let states: { hash: Uint8Array; state: Uint8Array }[] = [
    { hash: PARTITION_KEY, state: Uint8Array.from(partitionState) },
  ];
  let bytes = 0;
  let total = 0;
  let series = 0;
  for (const { hash, state } of changes) {
    if (state === undefined) {
      removed.push(hash);
      continue;
    }
    series += 1;
    bytes += state.length;
    total += state.length;
    states.push({ hash, state: Uint8Array.from(state) });
    if (bytes < STATEMENT_BYTES && states.length < STATEMENT_ROWS) continue;
    // A series that was removed and came back is among both: it must end as written.
    await remove(client, place, removed);
    await upsert(client, place, states);
    removed = [];
    states = [];
    bytes = 0;
  }
  await remove(client, place, removed);
  await upsert(client, place, states);
  return { series, bytes: total };
}

async function remove(client: PoolClient, place: Place, hashes: readonly Uint8Array[]): Promise<void> {
  if (hashes.length > 0) await client.query(DELETE, [...placeValues(place), Buffer.concat(hashes)]);
}

async function upsert(
  client: PoolClient,
  place: Place,
  states: readonly { hash: Uint8Array; state: Uint8Array }[],
): Promise<void> {
  if (states.length === 0) return;
  let at = 0;
  const starts = states.map(({ state }) => (at += state.length) - state.length);
  await client.query(UPSERT, [
    ...placeValues(place),
    Buffer.concat(states.map(({ hash }) => hash)),
    Buffer.concat(states.map(({ state }) => state)),
    starts,
    states.map(({ state }) => state.length),
  ]);
}

function placeValues({ consumer, topic, partition }: Place): [string, string, number] {
  return [consumer, topic, partition];
}
