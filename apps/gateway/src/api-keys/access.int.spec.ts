import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createApiKey, createSignInToken, sealSession } from '@tidewatch/auth';
import { waitFor } from '@tidewatch/testing';
import type { ApiKeyList, CreatedApiKey, Scope, Session } from '@tidewatch/contracts';
import { SESSION_KEY, startGateway, type GatewayBench } from '../testing/start-gateway';

let bench: GatewayBench;
let admin: CreatedApiKey;
beforeAll(async () => {
  bench = await startGateway({ LIMIT_SIGN_IN_PER_MINUTE: '40' });
  admin = await createApiKey(bench.database.pool, { name: 'admin', scopes: ['admin'] });
});
afterAll(() => bench.stop());

const withKey = (key: string, init: RequestInit = {}): RequestInit => ({
  ...init,
  headers: { 'x-api-key': key, 'content-type': 'application/json' },
});
const json = (method: string, body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json', ...headers },
});
const create = async (scopes: Scope[]): Promise<CreatedApiKey> => {
  const init = withKey(admin.key, { method: 'POST', body: JSON.stringify({ name: 'made', scopes }) });
  const answer = await bench.call('/v1/api-keys', init);
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([201, 'no-store']);
  return (await answer.json()) as CreatedApiKey;
};
const signIn = async (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  bench.call('/v1/session', json('POST', body, headers));
const cookieOf = (answer: Response): string => answer.headers.get('set-cookie')!.split(';')[0]!;

describe('keys', () => {
  test('a created key works at once, is listed without its secret, and a revoked one does not work any more', async () => {
    const made = await create(['read']);
    expect(made.key).toMatch(/^tw_[0-9A-Za-z]{12}_[\w-]{43}$/);
    expect((await bench.call('/v1/devices', withKey(made.key))).status).toBe(200);
    const { items } = (await (await bench.call('/v1/api-keys', withKey(admin.key))).json()) as ApiKeyList;
    expect(items.find(({ id }) => id === made.id)).toEqual({
      id: made.id,
      name: 'made',
      scopes: ['read'],
      createdAt: made.createdAt,
      revokedAt: null,
    });
    const revoked = await bench.call(`/v1/api-keys/${made.id}`, {
      method: 'DELETE',
      headers: { 'x-api-key': admin.key },
    });
    expect(revoked.status).toBe(204);
    expect((await bench.call('/v1/devices', withKey(made.key))).status).toBe(401);
  });

  test('a revocation is known to other instances within a second', async () => {
    const made = await create(['read']);
    const other = await bench.another();
    const there = () => fetch(new URL('/v1/devices', other.url), withKey(made.key));
    expect((await there()).status).toBe(200);
    await bench.call(`/v1/api-keys/${made.id}`, { method: 'DELETE', headers: { 'x-api-key': admin.key } });
    await waitFor('the refusal', async () => (await there()).status === 401, 1_000);
  });

  test('the last admin key stays until there is another', async () => {
    const revoke = (id: string, key: string) =>
      bench.call(`/v1/api-keys/${id}`, { method: 'DELETE', headers: { 'x-api-key': key } });
    const refused = await revoke(admin.id, admin.key);
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({ type: 'urn:tidewatch:problem:conflict' });
    const second = await create(['admin', 'read']);
    expect((await revoke(second.id, admin.key)).status).toBe(204);
    expect((await revoke(second.id, admin.key)).status).toBe(204);
    expect((await revoke('nobody', admin.key)).status).toBe(404);
  });

  test('a caller without the scope is told which one is needed', async () => {
    const { key } = await create(['read', 'ingest']);
    const answer = await bench.call('/v1/api-keys', withKey(key));
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ detail: 'The scope "admin" is needed.' });
  });

  test.each([
    [{ name: '', scopes: ['read'] }, ['/name']],
    [{ name: 'x', scopes: [] }, ['/scopes']],
    [{ name: 'x', scopes: ['root'] }, ['/scopes/0']],
  ])('%j is not a key to create', async (body, pointers) => {
    const answer = await bench.call(
      '/v1/api-keys',
      withKey(admin.key, { method: 'POST', body: JSON.stringify(body) }),
    );
    expect(answer.status).toBe(400);
    const { errors } = (await answer.json()) as { errors: { pointer: string }[] };
    expect(errors.map(({ pointer }) => pointer)).toEqual(pointers);
  });
});

describe('refusals', () => {
  test('are the same, byte for byte, for whatever is wrong', async () => {
    const revoked = await create(['read']);
    await bench.call(`/v1/api-keys/${revoked.id}`, { method: 'DELETE', headers: { 'x-api-key': admin.key } });
    const wrongSecret = `${admin.key.slice(0, -4)}AAAA`;
    const exp = Date.now() + 60_000;
    const forms: Record<string, string>[] = [
      {},
      { 'x-api-key': '' },
      { 'x-api-key': 'hello' },
      { 'x-api-key': `tw_${'a'.repeat(12)}_${'b'.repeat(43)}` },
      { 'x-api-key': wrongSecret },
      { 'x-api-key': revoked.key },
      { authorization: 'Basic YTpi' },
      { authorization: `Bearer ${revoked.key}` },
      { cookie: 'tidewatch_session=a.b' },
      {
        cookie: `tidewatch_session=${sealSession({ keyId: undefined, scopes: ['admin'], expiresAtMs: exp }, 'x'.repeat(32))}`,
      },
      {
        cookie: `tidewatch_session=${sealSession({ keyId: undefined, scopes: ['admin'], expiresAtMs: 1 }, SESSION_KEY)}`,
      },
      {
        cookie: `tidewatch_session=${sealSession({ keyId: revoked.id, scopes: ['admin'], expiresAtMs: exp }, SESSION_KEY)}`,
      },
    ];
    const answers = await Promise.all(
      ['/v1/devices', '/v1/api-keys'].flatMap((path) =>
        forms.map((headers) => bench.call(path, { headers })),
      ),
    );
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect(new Set(bodies).size).toBe(1);
    expect(JSON.parse(bodies[0]!)).toEqual({
      type: 'urn:tidewatch:problem:unauthenticated',
      title: 'Unauthorized',
      status: 401,
      detail: 'A valid API key or session is needed.',
    });
    const heads = answers.map(({ headers }) => [...headers.keys()].join());
    expect(new Set(heads).size).toBe(1);
    expect(answers[0]!.headers.get('www-authenticate')).toBe('Bearer realm="tidewatch"');
  });

  test('a wrong key is not made up for by a good session', async () => {
    const cookie = cookieOf(await signIn({ apiKey: admin.key }));
    expect((await bench.call('/v1/api-keys', { headers: { cookie, 'x-api-key': 'wrong' } })).status).toBe(
      401,
    );
  });
});

describe('sessions', () => {
  test('a key opens one; the cookie works until it is given back', async () => {
    const answer = await signIn({ apiKey: admin.key });
    expect(answer.status).toBe(200);
    const opened = (await answer.json()) as Session;
    expect(opened.scopes).toEqual(['admin']);
    expect(Date.parse(opened.expiresAt) - Date.now()).toBeGreaterThan(11.9 * 3_600_000);
    expect(answer.headers.get('set-cookie')).toMatch(
      /^tidewatch_session=[\w-]+\.[\w-]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const cookie = cookieOf(answer);
    expect(await (await bench.call('/v1/session', { headers: { cookie } })).json()).toEqual(opened);
    expect((await bench.call('/v1/devices', { headers: { cookie } })).status).toBe(200);
    const closed = await bench.call('/v1/session', { method: 'DELETE', headers: { cookie } });
    expect([closed.status, closed.headers.get('set-cookie')]).toEqual([
      204,
      'tidewatch_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict',
    ]);
  });

  test('the token of a link works once', async () => {
    const token = await createSignInToken(bench.database.pool, ['read'], 60_000);
    const first = await signIn({ token });
    expect(((await first.json()) as Session).scopes).toEqual(['read']);
    expect((await bench.call('/v1/devices', { headers: { cookie: cookieOf(first) } })).status).toBe(200);
    expect((await signIn({ token })).status).toBe(401);
    const expired = await createSignInToken(bench.database.pool, ['read'], -1);
    expect((await signIn({ token: expired })).status).toBe(401);
  });

  test('ends with the key that opened it', async () => {
    const made = await create(['read']);
    const cookie = cookieOf(await signIn({ apiKey: made.key }));
    expect((await bench.call('/v1/devices', { headers: { cookie } })).status).toBe(200);
    await bench.call(`/v1/api-keys/${made.id}`, { method: 'DELETE', headers: { 'x-api-key': admin.key } });
    expect((await bench.call('/v1/devices', { headers: { cookie } })).status).toBe(401);
  });

  test('a caller with a key has none', async () => {
    expect((await bench.call('/v1/session', withKey(admin.key))).status).toBe(404);
  });

  test.each([[{}], [{ apiKey: 1 }], [{ apiKey: 'a', token: 'b' }], [[]]])(
    '%j is not a sign-in',
    async (body) => {
      expect((await signIn(body)).status).toBe(400);
    },
  );

  describe('and foreign pages', () => {
    const change = async (headers: Record<string, string>): Promise<number> => {
      const cookie = cookieOf(await signIn({ apiKey: admin.key }));
      const body = { name: 'x', scopes: ['read'] };
      return (await bench.call('/v1/api-keys', json('POST', body, { cookie, ...headers }))).status;
    };
    test('our own page may change things', async () => {
      expect(await change({ origin: bench.service.url })).toBe(201);
      expect(await change({ 'sec-fetch-site': 'same-origin' })).toBe(201);
    });
    test('others may not, nor who does not say', async () => {
      expect(await change({ origin: 'https://evil.example' })).toBe(403);
      expect(await change({ origin: 'null' })).toBe(403);
      expect(await change({ 'sec-fetch-site': 'cross-site', origin: bench.service.url })).toBe(403);
      expect(await change({ 'sec-fetch-site': 'same-site' })).toBe(403);
      expect(await change({})).toBe(403);
    });
    test('nor sign anybody in or out', async () => {
      const origin = 'https://evil.example';
      expect((await signIn({ apiKey: admin.key }, { origin })).status).toBe(403);
      expect((await bench.call('/v1/session', { method: 'DELETE', headers: { origin } })).status).toBe(403);
    });
  });
});
