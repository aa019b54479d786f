import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createApiKey } from '@tidewatch/auth';
import { request } from 'node:http';
import { startGateway, type GatewayBench } from '../testing/start-gateway';

let bench: GatewayBench;
beforeAll(async () => {
  bench = await startGateway({
    LIMIT_KEY_PER_MINUTE: '5',
    LIMIT_REFUSED_PER_MINUTE: '12',
    LIMIT_SIGN_IN_PER_MINUTE: '3',
    LIMIT_ADDRESS_PER_MINUTE: '60',
    TRUSTED_PROXIES: '127.0.0.1',
  });
});
afterAll(() => bench.stop());

const statuses = async (times: number, request: () => Promise<Response>): Promise<number[]> => {
  const all: number[] = [];
  for (let i = 0; i < times; i += 1) all.push((await request()).status);
  return all;
};

test('each key has its own budget', async () => {
  const [one, two] = await Promise.all(
    ['one', 'two'].map((name) => createApiKey(bench.database.pool, { name, scopes: ['read'] })),
  );
  const read = (key: string) => () => bench.call('/v1/devices', { headers: { 'x-api-key': key } });
  expect(await statuses(6, read(one!.key))).toEqual([200, 200, 200, 200, 200, 429]);
  expect(await statuses(1, read(two!.key))).toEqual([200]);
});

test('refusals count for the address, and a key that is known still works', async () => {
  const { key } = await createApiKey(bench.database.pool, { name: 'good', scopes: ['read'] });
  const read = (value: string, address: string) => () =>
    bench.call('/v1/devices', { headers: { 'x-api-key': value, 'x-forwarded-for': address } });
  const refused = await statuses(13, read('nonsense', '10.0.0.1'));
  expect(refused.at(-2)).toBe(401);
  expect(refused.at(-1)).toBe(429);
  // A key which nobody here has seen before, and so is looked up.
  expect(await statuses(1, read(key, '10.0.0.1'))).toEqual([200]);
  expect(await statuses(1, read('nonsense', '10.0.0.2'))).toEqual([401]);
});

test('so they do where the gateway answers itself, and each key has its budget there too', async () => {
  const call = (path: string, headers: Record<string, string>) => () =>
    bench.call(path, { headers: { 'x-forwarded-for': '10.0.0.3', ...headers } });
  const refused = [
    ...(await statuses(7, call('/v1/api-keys', { 'x-api-key': 'nonsense' }))),
    ...(await statuses(6, call('/v1/session', { cookie: 'tidewatch_session=a.b' }))),
  ];
  expect(refused).toEqual([...Array<number>(12).fill(401), 429]);
  const { key } = await createApiKey(bench.database.pool, { name: 'admin', scopes: ['admin'] });
  expect(await statuses(6, call('/v1/api-keys', { 'x-api-key': key }))).toEqual([
    200, 200, 200, 200, 200, 429,
  ]);
});

test('handshakes of sockets count like any other request', async () => {
  const { port } = new URL(bench.service.url);
  const open = (headers: Record<string, string>) => () =>
    new Promise<Response>((resolve, reject) => {
      const upgrade = { connection: 'Upgrade', upgrade: 'websocket', ...headers };
      request({ host: '127.0.0.1', port, path: '/socket.io/', headers: upgrade, agent: false })
        .on('response', ({ statusCode }) => resolve(new Response(null, { status: statusCode ?? 500 })))
        .on('error', reject)
        .end();
    });
  expect(await statuses(13, open({ 'x-forwarded-for': '10.0.0.4' }))).toEqual([
    ...Array<number>(12).fill(401),
    429,
  ]);
  const address = { 'x-forwarded-for': '10.0.0.5' };
  const { key } = await createApiKey(bench.database.pool, { name: 'reader', scopes: ['read'] });
  // The service behind refuses each handshake here; the sixth does not get there.
  bench.dashboard.upgrade = (_request, socket) =>
    socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
  expect(await statuses(6, open({ ...address, 'x-api-key': key }))).toEqual([403, 403, 403, 403, 403, 429]);
});

test('signing in is tried a few times only', async () => {
  const tryOnce = () =>
    bench.call('/v1/session', {
      method: 'POST',
      body: JSON.stringify({ apiKey: 'guess' }),
      headers: { 'content-type': 'application/json' },
    });
  expect(await statuses(4, tryOnce)).toEqual([401, 401, 401, 429]);
});

test('behind a proxy that is trusted, a session over https has a secure cookie', async () => {
  const { key } = await createApiKey(bench.database.pool, { name: 'page', scopes: ['read'] });
  const answer = await bench.call('/v1/session', {
    method: 'POST',
    body: JSON.stringify({ apiKey: key }),
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': '10.0.0.9',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'tide.example',
      origin: 'https://tide.example',
    },
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('set-cookie')).toMatch(/; Secure$/);
  expect(answer.headers.get('strict-transport-security')).toMatch(/^max-age=/);
});

test('an address that asks too much has to wait', async () => {
  const answers = await Promise.all(Array.from({ length: 70 }, () => bench.call('/docs')));
  const refused = answers.find(({ status }) => status === 429)!;
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
  expect(await refused.json()).toMatchObject({
    type: 'urn:tidewatch:problem:too-many-requests',
    status: 429,
  });
});
