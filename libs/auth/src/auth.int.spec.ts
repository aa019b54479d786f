import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Scope } from '@tidewatch/contracts';
import { createTestDatabase, type TestDatabase } from '@tidewatch/testing';
import { Pool } from 'pg';
import {
  CredentialVerifier,
  LastAdminKeyError,
  createApiKey,
  createSignInToken,
  listApiKeys,
  redeemSignInToken,
  revokeApiKey,
  sealSession,
} from './index';

const SESSION_KEY = 's'.repeat(32);

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  ({ pool } = database);
});
beforeEach(async () => {
  await pool.query('TRUNCATE api_keys, sign_in_tokens');
});
afterAll(() => database.drop());

const verifier = (over: Pool = pool): CredentialVerifier =>
  new CredentialVerifier({ pool: over, sessionKey: SESSION_KEY });
const create = (...scopes: Scope[]) => createApiKey(pool, { name: 'test', scopes });
const cookie = (keyId: string | undefined, scopes: Scope[]) => ({
  cookie: `tidewatch_session=${sealSession({ keyId, scopes, expiresAtMs: Date.now() + 60_000 }, SESSION_KEY)}`,
});

describe('keys in the database', () => {
  test('only the hash is kept, and scopes once each', async () => {
    const { key, ...created } = await create('read', 'ingest', 'read');
    const { rows } = await pool.query<Record<string, unknown>>('SELECT * FROM api_keys');
    expect(rows).toHaveLength(1);
    expect(rows[0]!['secret_hash']).toHaveLength(32);
    expect(JSON.stringify(rows)).not.toContain(key.slice(-43));
    expect(await listApiKeys(pool)).toEqual([{ ...created, scopes: ['read', 'ingest'] }]);
  });

  test('revoking keeps the first time, and says when there is nothing to revoke', async () => {
    const { id } = await create('read');
    const first = await revokeApiKey(pool, id);
    expect(first?.revokedAt).not.toBeNull();
    expect(await revokeApiKey(pool, id)).toEqual(first);
    expect(await revokeApiKey(pool, 'nobody')).toBeNull();
  });

  test('of two admin keys that are revoked at the same time one remains', async () => {
    for (let round = 0; round < 10; round += 1) {
      await pool.query('TRUNCATE api_keys');
      const keys = await Promise.all([create('admin'), create('admin', 'read')]);
      const results = await Promise.allSettled(keys.map(({ id }) => revokeApiKey(pool, id)));
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const refused = results.find((result) => result.status === 'rejected');
      expect(refused?.reason).toBeInstanceOf(LastAdminKeyError);
    }
  });
});

describe('sign-in tokens', () => {
  test('work once, also when two try at the same time', async () => {
    const token = await createSignInToken(pool, ['admin'], 60_000);
    const results = await Promise.all([redeemSignInToken(pool, token), redeemSignInToken(pool, token)]);
    expect(results.filter((scopes) => scopes !== null)).toEqual([['admin']]);
  });

  test('expire, and the next one tidies up', async () => {
    const expired = await createSignInToken(pool, ['admin'], -1);
    expect(await redeemSignInToken(pool, expired)).toBeNull();
    await createSignInToken(pool, ['admin'], -1);
    await createSignInToken(pool, ['read'], 60_000);
    const { rows } = await pool.query<{ count: string }>('SELECT count(*) FROM sign_in_tokens');
    expect(rows[0]!.count).toBe('1');
  });
});

describe('verification', () => {
  test('a key in either header says who calls', async () => {
    const { id, key } = await create('ingest');
    const principal = { id, scopes: ['ingest'], via: 'key' };
    expect(await verifier().verify({ 'x-api-key': key })).toEqual(principal);
    expect(await verifier().verify({ authorization: `Bearer ${key}` })).toEqual(principal);
    expect(await verifier().verify({ authorization: `bearer  ${key}` })).toEqual(principal);
  });

  test('a known key is verified without waiting and without the database', async () => {
    const { id, key } = await create('ingest');
    const own = new Pool({ connectionString: database.url });
    const one = verifier(own);
    expect(one.verifyNow({ 'x-api-key': key })).toBeUndefined();
    await one.verify({ 'x-api-key': key });
    await own.end();
    expect(one.verifyNow({ 'x-api-key': key })?.id).toBe(id);
    expect(one.verifyNow({ 'x-api-key': `${key.slice(0, -2)}xx` })).toBeUndefined();
    expect(await one.verify({ 'x-api-key': `${key.slice(0, -2)}xx` })).toBeNull();
  });

  test('an unknown key while the database is away is neither right nor wrong: 503', async () => {
    const { key } = await create('ingest');
    const gone = new Pool({ connectionString: 'postgres://nobody@127.0.0.1:1/none' });
    await expect(verifier(gone).verify({ 'x-api-key': key })).rejects.toMatchObject({
      status: 503,
      extra: { retryAfterSeconds: 2 },
    });
    await gone.end();
  });

  test('a revoked key is refused as soon as the verifier was told', async () => {
    const { id, key } = await create('read');
    const one = verifier();
    expect(await one.verify({ 'x-api-key': key })).not.toBeNull();
    await revokeApiKey(pool, id);
    one.forget(id);
    expect(await one.verify({ 'x-api-key': key })).toBeNull();
    expect(one.verifyNow({ 'x-api-key': key })).toBeUndefined();
  });

  test('a session is its key, or a link that needs none', async () => {
    const { id } = await create('read');
    const one = verifier();
    expect(await one.verify(cookie(id, ['read']))).toEqual({ id, scopes: ['read'], via: 'session' });
    expect(await one.verify(cookie(undefined, ['admin']))).toEqual({
      id: 'sign-in-link',
      scopes: ['admin'],
      via: 'session',
    });
    expect(await one.verify(cookie('unknown', ['admin']))).toBeNull();
    await revokeApiKey(pool, id);
    one.forget(id);
    expect(await one.verify(cookie(id, ['read']))).toBeNull();
  });

  test('a refusal takes the same time whatever the reason', async () => {
    const revoked = await create('read');
    await revokeApiKey(pool, revoked.id);
    const good = await create('read');
    const one = verifier();
    const forms = [
      {},
      { 'x-api-key': 'malformed' },
      { 'x-api-key': revoked.key },
      { 'x-api-key': `${good.key.slice(0, -2)}xx` },
      { 'x-api-key': `tw_${'u'.repeat(12)}_${'v'.repeat(43)}` },
      cookie('unknown', ['read']),
      cookie(revoked.id, ['read']),
    ];
    // The first round connects and looks each of them up.
    for (const form of forms) await one.verify(form);
    for (const form of forms) {
      const startedAt = performance.now();
      expect(await one.verify(form)).toBeNull();
      const elapsed = performance.now() - startedAt;
      // On the grid of 20 ms; a busy machine may miss a beat but never answers before.
      expect(elapsed).toBeGreaterThanOrEqual(19);
    }
  });
});
