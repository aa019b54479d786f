import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createApiKey, sealSession } from '@tidewatch/auth';
import { waitFor } from '@tidewatch/testing';
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { SESSION_KEY, startGateway, type GatewayBench } from '../testing/start-gateway';

let bench: GatewayBench;
beforeAll(async () => {
  bench = await startGateway({ MAX_SOCKETS: '2' });
});
afterAll(() => bench.stop());

const COOKIE = `tidewatch_session=${sealSession(
  { keyId: undefined, scopes: ['read'], expiresAtMs: Date.now() + 3_600_000 },
  SESSION_KEY,
)}`;
const HANDSHAKE_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
/** @see https://www.rfc-editor.org/rfc/rfc6455#section-1.3 */
const ACCEPT = createHash('sha1')
  .update(`${HANDSHAKE_KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
  .digest('base64');

/** Opens a raw connection and sends a handshake; `text` is what came back so far. */
function handshake(
  path: string,
  headers: string[] = [],
): { socket: Socket; text: () => string; closed: () => boolean } {
  const { port, host } = new URL(bench.service.url);
  const socket = connect(Number(port), '127.0.0.1');
  let text = '';
  let closed = false;
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  socket.on('close', () => (closed = true));
  socket.on('error', () => undefined);
  socket.write(
    [
      `GET ${path} HTTP/1.1`,
      `Host: ${host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      `Origin: http://${host}`,
      ...(headers.some((header) => header.startsWith('Cookie:')) ? [] : [`Cookie: ${COOKIE}`]),
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${HANDSHAKE_KEY}`,
      ...headers,
      '\r\n',
    ].join('\r\n'),
  );
  return { socket, text: () => text, closed: () => closed };
}

function accept(onSocket: (socket: Duplex) => void): void {
  bench.dashboard.upgrade = (_request, socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n\r\nfirst`,
    );
    socket.on('error', () => undefined);
    onSocket(socket);
  };
}

test('a handshake and what follows pass both ways, and the end of one side ends the other', async () => {
  let service!: Duplex;
  let seen: Record<string, unknown> = {};
  accept((socket) => {
    service = socket;
    socket.on('data', (chunk: Buffer) => socket.write(`echo ${chunk.toString()}`));
  });
  const { upgrade } = bench.dashboard;
  bench.dashboard.upgrade = (request, socket, head) => {
    seen = { url: request.url, ...request.headers };
    upgrade(request, socket, head);
  };
  const client = handshake('/socket.io/?EIO=4&transport=websocket');
  await waitFor('the answer', () => client.text().endsWith('first'));
  expect(client.text()).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
  expect(client.text()).toContain(`Sec-WebSocket-Accept: ${ACCEPT}`);
  expect(seen).toMatchObject({
    url: '/socket.io/?EIO=4&transport=websocket',
    cookie: COOKIE,
    origin: `http://${new URL(bench.service.url).host}`,
    'x-forwarded-host': new URL(bench.service.url).host,
    'x-forwarded-for': '127.0.0.1',
  });
  client.socket.write('hello');
  await waitFor('the echo', () => client.text().endsWith('firstecho hello'));
  service.destroy();
  await waitFor('the end', () => client.closed());
});

test('the answer of a service that refuses a handshake is passed on as it is', async () => {
  bench.dashboard.upgrade = (_request, socket) =>
    socket.end('HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\ncontent-length: 6\r\n\r\nforbid');
  const client = handshake('/socket.io/?EIO=4&transport=websocket');
  await waitFor('the end', () => client.closed());
  expect(client.text()).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n[^]*\r\n\r\nforbid$/);
});

test.each([
  '/v1/readings',
  '/metrics',
  '/socket.io/../metrics',
  '/socket.io/%2e%2e/metrics',
  '/socket.io/..#/',
  '//socket.io/',
  'http://elsewhere.example/socket.io/',
])('a path without sockets: 404 for %s, and no service hears of it', async (path) => {
  const heard: string[] = [];
  bench.dashboard.upgrade = (request, socket) => {
    heard.push(request.url ?? '');
    socket.destroy();
  };
  const before = bench.dashboard.seen.length;
  const client = handshake(path);
  await waitFor('the end', () => client.closed());
  expect(client.text()).toMatch(/^HTTP\/1\.1 404 Not Found\r\n[^]*urn:tidewatch:problem:not-found/);
  // One on the right path is heard of: the one before would have been, too.
  handshake('/socket.io/?after');
  await waitFor('the next one', () => heard.length > 0);
  expect(heard).toEqual(['/socket.io/?after']);
  expect(bench.dashboard.seen).toHaveLength(before);
});

test('a handshake without a valid credential: 401 as for any request, and no service hears of it', async () => {
  let heard = 0;
  bench.dashboard.upgrade = (_request, socket) => {
    heard += 1;
    socket.destroy();
  };
  const client = handshake('/socket.io/?EIO=4', ['Cookie: tidewatch_session=a.b']);
  await waitFor('the end', () => client.closed());
  const [head = '', body] = client.text().split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n[^]*www-authenticate: Bearer realm="tidewatch"/);
  expect(body).toBe(await (await bench.call('/v1/devices')).text());
  expect(heard).toBe(0);
});

test('what a handshake says of its sender and of its connection stays here', async () => {
  let seen: Record<string, unknown> = {};
  bench.dashboard.upgrade = (request, socket) => {
    seen = { ...request.headers };
    socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
  };
  const client = handshake('/socket.io/?EIO=4', [
    ...[
      'X-Forwarded-For: 6.6.6.6',
      'X-Real-IP: 6.6.6.6',
      'Forwarded: for=6.6.6.6',
      'X-Forwarded-Proto: https',
    ],
    ...['Proxy-Authorization: Basic x', 'TE: trailers', 'Content-Length: 5'],
  ]);
  await waitFor('the end', () => client.closed());
  expect(JSON.stringify(seen)).not.toContain('6.6.6.6');
  expect(seen).toMatchObject({
    ...{ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', upgrade: 'websocket' },
    host: new URL(bench.dashboard.url).host,
  });
  for (const name of ['proxy-authorization', 'te', 'content-length']) expect(seen).not.toHaveProperty(name);
});

test('an offer of another protocol is ignored, and the request answered, as often as it comes', async () => {
  const { key } = await createApiKey(bench.database.pool, { name: 'java', scopes: ['ingest'] });
  const { port } = new URL(bench.service.url);
  const socket = connect(Number(port), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  const bodies = ['{"first":1}', '{"second":2}', '{"third":3}'];
  for (const [i, body] of bodies.entries()) {
    const head = [
      'POST /v1/readings HTTP/1.1',
      'Connection: Upgrade, HTTP2-Settings',
      `Content-Length: ${body.length}`,
      'Host: tide.example',
      'HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
      'Upgrade: h2c',
      `X-API-Key: ${key}`,
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 4)}`);
    socket.write(body.slice(4));
    await waitFor('the answer', () => text.split('HTTP/1.1 200 OK').length === i + 2);
  }
  const seen = bench.ingestion.seen.slice(-3);
  expect(seen.map(({ body }) => body.toString())).toEqual(bodies);
  for (const { headers } of seen) expect(headers).not.toHaveProperty('http2-settings');
  socket.destroy();
});

test('a slow client slows the service down instead of filling the gateway', async () => {
  let written = 0;
  accept((socket) => {
    const chunk = Buffer.alloc(64 * 1024);
    const write = (): void => {
      while (socket.write(chunk)) written += chunk.length;
    };
    socket.on('drain', write);
    write();
  });
  const client = handshake('/socket.io/?EIO=4&transport=websocket');
  client.socket.pause();
  let before = -1;
  const settled = async (): Promise<boolean> => {
    const same = written === before;
    before = written;
    // Long enough for anything that still moves on the loopback.
    await new Promise((resolve) => setTimeout(resolve, 200));
    return same;
  };
  await waitFor('a standstill', settled);
  // What fits into the buffers of the kernel and a few chunks, whatever the time.
  expect(written).toBeLessThan(32 * 1024 * 1024);
  client.socket.destroy();
});

test('too many sockets: 503 with a hint when to come again', async () => {
  accept(() => undefined);
  const clients = [handshake('/socket.io/?a'), handshake('/socket.io/?b')];
  await waitFor('two sockets', () => clients.every((client) => client.text().endsWith('first')));
  const third = handshake('/socket.io/?c');
  await waitFor('the refusal', () => third.closed());
  expect(third.text()).toMatch(/^HTTP\/1\.1 503 [^]*retry-after: 5\r\n/);
  clients.forEach(({ socket }) => socket.destroy());
});

test('a service that is away: 503', async () => {
  await bench.dashboard.stop();
  const opened = async (): Promise<string | false> => {
    const client = handshake('/socket.io/?EIO=4&transport=websocket');
    await waitFor('the end', () => client.closed());
    return client.text().includes('Too many') ? false : client.text();
  };
  // The sockets of the test before may still be counted for a moment.
  expect(await waitFor('an answer', opened)).toMatch(
    /^HTTP\/1\.1 503 [^]*dashboard service is not available/,
  );
});
