import { type SeriesKey, canonicalSeriesKey, seriesHash } from '@tidewatch/readings';
import type { Pool } from 'pg';

/** About 50 MB when the names are of usual length. */
const DEFAULT_CAPACITY = 200_000;
const MAX_ROUNDS = 5;

const FIND = `SELECT id, key_hash FROM series WHERE key_hash = ANY($1::bytea[])`;

/** In order of the key, so that two writers with the same new series cannot wait for each other in a circle. */
const INSERT = `
  INSERT INTO series (key_hash, device, metric, tags)
  SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::jsonb[]) AS new (key_hash, device, metric, tags)
  ORDER BY key_hash
  ON CONFLICT (key_hash) DO NOTHING
  RETURNING id, key_hash`;

interface SeriesRow {
  id: number;
  key_hash: Buffer;
}

/**
 * Ids of series, with a bounded cache. Unknown series are inserted outside of the caller's transaction: other writers see them at once and
 * never wait for one another, and an id once given stays true whatever becomes of the rows that it was wanted for.
 */
export class SeriesDictionary {
  readonly #halfCapacity: number;
  /** Two generations: what is found in the old one moves to the young one; when that is full, the old one is forgotten. */
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  constructor(
    private readonly pool: Pick<Pool, 'query'>,
    capacity = DEFAULT_CAPACITY,
  ) {
    this.#halfCapacity = Math.max(1, Math.ceil(capacity / 2));
  }

  /** The id of each key, in the same order. */
  async resolve(keys: readonly SeriesKey[]): Promise<Int32Array> {
    const ids = new Int32Array(keys.length);
    let unknown: Map<string, number[]> | undefined;
    for (let i = 0; i < keys.length; i++) {
      const canonical = canonicalSeriesKey(keys[i]!);
      const id = this.#find(canonical);
      if (id !== undefined) {
        ids[i] = id;
        continue;
      }
      unknown ??= new Map();
      const places = unknown.get(canonical);
      if (places) places.push(i);
      else unknown.set(canonical, [i]);
    }
    if (unknown) await this.#learn(keys, unknown, ids);
    return ids;
  }

  #find(canonical: string): number | undefined {
    const id = this.#young.get(canonical);
    if (id !== undefined) return id;
    const old = this.#old.get(canonical);
    if (old !== undefined) this.#remember(canonical, old);
    return old;
  }

  #remember(canonical: string, id: number): void {
    if (this.#young.size >= this.#halfCapacity) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(canonical, id);
  }

  async #learn(keys: readonly SeriesKey[], unknown: Map<string, number[]>, ids: Int32Array): Promise<void> {
    const byHash = new Map<string, { key: SeriesKey; canonical: string; places: number[] }>();
    for (const [canonical, places] of unknown) {
      const key = keys[places[0]!]!;
      byHash.set(seriesHash(key).toString('latin1'), { key, canonical, places });
    }
    const take = (rows: readonly SeriesRow[]): void => {
      for (const row of rows) {
        const hash = row.key_hash.toString('latin1');
        const found = byHash.get(hash);
        if (!found) continue;
        byHash.delete(hash);
        this.#remember(found.canonical, row.id);
        for (const place of found.places) ids[place] = row.id;
      }
    };
    // More than one round only when another writer inserts the same series between the two statements.
    for (let round = 0; byHash.size > 0; round++) {
      if (round === MAX_ROUNDS) throw new Error(`${byHash.size} series could neither be found nor inserted`);
      take(await this.#select([...byHash.values()].map(({ key }) => key)));
      if (byHash.size > 0) take(await this.#insert([...byHash.values()].map(({ key }) => key)));
    }
  }

  async #select(keys: readonly SeriesKey[]): Promise<SeriesRow[]> {
    const { rows } = await this.pool.query<SeriesRow>(FIND, [keys.map(seriesHash)]);
    return rows;
  }

  async #insert(keys: readonly SeriesKey[]): Promise<SeriesRow[]> {
    const { rows } = await this.pool.query<SeriesRow>(INSERT, [
      keys.map(seriesHash),
      keys.map((key) => key.device),
      keys.map((key) => key.metric),
      keys.map((key) => JSON.stringify(Object.fromEntries(key.tags))),
    ]);
    return rows;
  }
}
