import { randomBytes } from 'node:crypto';
import type { Scope } from '@tidewatch/contracts';
import type { Pool } from 'pg';
import { hashSecret } from '../keys/key-format';

const TOKEN_BYTES = 32;

/** Creates the one-time token of a sign-in link, valid for `ttlMs`. Expired tokens of the past are deleted on the way. */
export async function createSignInToken(
  pool: Pool,
  scopes: readonly Scope[],
  ttlMs: number,
): Promise<string> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  await pool.query('DELETE FROM sign_in_tokens WHERE expires_at < now()');
  await pool.query(
    `INSERT INTO sign_in_tokens (token_hash, scopes, expires_at) VALUES ($1, $2, now() + $3 * interval '1 ms')`,
    [hashSecret(token), scopes, ttlMs],
  );
  return token;
}

/** Uses a token up: resolves to its scopes once, and to null when it is unknown, used or expired. */
export async function redeemSignInToken(pool: Pool, token: string): Promise<Scope[] | null> {
  const { rows } = await pool.query<{ scopes: Scope[]; valid: boolean }>(
    'DELETE FROM sign_in_tokens WHERE token_hash = $1 RETURNING scopes, expires_at > now() AS valid',
    [hashSecret(token)],
  );
  return rows[0]?.valid === true ? rows[0].scopes : null;
}
