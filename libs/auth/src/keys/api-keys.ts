import type { ApiKey, CreateApiKey, CreatedApiKey, Scope } from '@tidewatch/contracts';
import type { Pool, QueryConfig } from 'pg';
import { LastAdminKeyError } from '../errors';
import { generateKey, hashSecret, parseKey } from './key-format';

/** Requests wait for it, also in services whose other statements may take longer. */
const LOOKUP_TIMEOUT_MS = 5_000;
const COLUMNS = 'id, name, scopes, created_at, revoked_at';

interface ApiKeyRow {
  id: string;
  name: string;
  scopes: Scope[];
  created_at: Date;
  revoked_at: Date | null;
}

/** What verification needs to know of a key. */
export interface KeyRecord {
  readonly id: string;
  readonly secretHash: Buffer;
  readonly scopes: readonly Scope[];
  readonly revoked: boolean;
}

/** Creates a key. The answer is the only place where the key itself ever appears. */
export async function createApiKey(pool: Pool, { name, scopes }: CreateApiKey): Promise<CreatedApiKey> {
  const { id, secret, key } = generateKey();
  const { rows } = await pool.query<ApiKeyRow>(
    `INSERT INTO api_keys (id, secret_hash, name, scopes) VALUES ($1, $2, $3, $4) RETURNING ${COLUMNS}`,
    [id, hashSecret(secret), name, [...new Set(scopes)]],
  );
  return { ...toApiKey(rows[0]!), key };
}

/**
 * Makes a key that somebody else has thought of, such as an installer, known. One that is known already stays as it is, revoked or not.
 * Resolves to whether it is new. Throws `TypeError` on a text that is no key.
 */
export async function adoptApiKey(
  pool: Pool,
  { key, name, scopes }: CreateApiKey & { key: string },
): Promise<boolean> {
  const parsed = parseKey(key);
  if (parsed === null) throw new TypeError('not an API key');
  const { rowCount } = await pool.query(
    'INSERT INTO api_keys (id, secret_hash, name, scopes) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING',
    [parsed.id, hashSecret(parsed.secret), name, scopes],
  );
  return rowCount === 1;
}

/** All keys, the newest first; revoked ones are part of the list. */
export async function listApiKeys(pool: Pool): Promise<ApiKey[]> {
  const { rows } = await pool.query<ApiKeyRow>(
    `SELECT ${COLUMNS} FROM api_keys ORDER BY created_at DESC, id`,
  );
  return rows.map(toApiKey);
}

/**
 * Revokes a key; revoking it again changes nothing. Resolves to null when there is no such key.
 * Throws `LastAdminKeyError` for the last active key with the scope `admin`.
 */
export async function revokeApiKey(pool: Pool, id: string): Promise<ApiKey | null> {
  const client = await pool.connect();
  let broken = false;
  try {
    await client.query('BEGIN');
    // Two revocations at once must not each take the other's key for the one that remains.
    const admins = await client.query<{ id: string }>(
      `SELECT id FROM api_keys WHERE 'admin' = ANY (scopes) AND revoked_at IS NULL ORDER BY id FOR UPDATE`,
    );
    if (admins.rows.length === 1 && admins.rows[0]!.id === id) {
      throw new LastAdminKeyError('the last admin key cannot be revoked');
    }
    const { rows } = await client.query<ApiKeyRow>(
      `UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 RETURNING ${COLUMNS}`,
      [id],
    );
    await client.query('COMMIT');
    return rows[0] ? toApiKey(rows[0]) : null;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => (broken = true));
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Reads the records of some keys; ids that do not exist are not in the result. */
export async function findKeyRecords(pool: Pool, ids: readonly string[]): Promise<Map<string, KeyRecord>> {
  // The types of `pg` do not know that it takes a time-out for one query.
  const question: QueryConfig & { query_timeout: number } = {
    name: 'find-key-records',
    text: 'SELECT id, secret_hash, scopes, revoked_at IS NOT NULL AS revoked FROM api_keys WHERE id = ANY ($1)',
    values: [ids],
    query_timeout: LOOKUP_TIMEOUT_MS,
  };
  const { rows } = await pool.query<{ id: string; secret_hash: Buffer; scopes: Scope[]; revoked: boolean }>(
    question,
  );
  return new Map(
    rows.map(({ id, secret_hash, scopes, revoked }) => [
      id,
      { id, secretHash: secret_hash, scopes, revoked },
    ]),
  );
}

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    createdAt: row.created_at.toISOString(),
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}
