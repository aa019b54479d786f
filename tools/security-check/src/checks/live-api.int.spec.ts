import { type RequestListener, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { probePlatform } from './live-api';

let server: Server;
afterEach(() => new Promise((resolve) => server.close(resolve)));

const DOCUMENT = {
  paths: {
    '/v1/things/{id}': { get: {}, delete: { security: [{ key: [] }] }, parameters: [] },
    '/v1/session': { post: { security: [] } },
  },
};
const HEADERS = {
  'content-security-policy': "default-src 'self'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** A front door that is as it should be, except for what `override` answers itself. */
async function listen(override: (...call: Parameters<RequestListener>) => boolean): Promise<string> {
  server = createServer((request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (override(request, response)) return;
    if (request.url === '/openapi.json') response.end(JSON.stringify(DOCUMENT));
    else response.writeHead(request.url?.startsWith('/v1/') ? 401 : request.url === '/' ? 200 : 404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const rulesFound = async (url: string) =>
  (await probePlatform(url)).findings.map(({ rule, place }) => [rule.split('/')[1], place.subject]);

test('finds nothing where every operation asks for a key', async () => {
  const url = await listen(() => false);
  expect(await probePlatform(url)).toEqual({ findings: [], looked: 2 });
});

test('finds an operation that answers without a key', async () => {
  const url = await listen(({ method }, response) => method === 'DELETE' && !!response.writeHead(204).end());
  expect(await rulesFound(url)).toEqual(Array<string[]>(3).fill(['open-operation', 'DELETE /v1/things/0']));
});

test('finds a key that is taken from the address, and one that is not checked', async () => {
  const url = await listen(
    ({ url, headers }, response) =>
      (url!.includes('api_key=') || headers['x-api-key'] !== undefined) && !!response.writeHead(200).end(),
  );
  const { findings } = await probePlatform(url);
  expect(findings.map(({ place, message }) => `${place.subject}: ${message}`)).toEqual(
    ['GET', 'DELETE'].flatMap((method) => [
      `${method} /v1/things/0: Credential: unknown key. It answers 200 instead of 401.`,
      `${method} /v1/things/0: Credential: key in the address. It answers 200 instead of 401.`,
    ]),
  );
});

test('finds a missing header, a banner and open metrics', async () => {
  const url = await listen((request, response) => {
    response.removeHeader('x-content-type-options');
    response.setHeader('x-powered-by', 'something');
    return request.url === '/metrics' && !!response.end('up 1');
  });
  expect(await rulesFound(url)).toEqual([
    ['header', 'GET /'],
    ['banner', 'GET /'],
    ['metrics', 'GET /metrics'],
  ]);
});

test('says in one line that nothing is there', async () => {
  const url = await listen(() => false);
  await new Promise((resolve) => server.close(resolve));
  await expect(probePlatform(url)).rejects.toThrow(
    /^http:\/\/127\.0\.0\.1:\d+\/openapi\.json can't be read: .*ECONNREFUSED/,
  );
});
