import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitFor } from '@tidewatch/testing';
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { startGateway, type GatewayBench } from '../testing/start-gateway';

let bench: GatewayBench;
beforeAll(async () => {
  bench = await startGateway({ MAX_SOCKETS: '2' });
});
afterAll(() => bench.stop());

const HANDSHAKE_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
/** @see https://www.rfc-editor.org/rfc/rfc6455#section-1.3 */
const ACCEPT = createHash('sha1')
  .update(`${HANDSHAKE_KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
  .digest('base64');

/** Opens a raw connection and sends a handshake; `text` is what came back so far. */
function handshake(path: string): { socket: Socket; text: () => string; closed: () => boolean } {
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
      'Cookie: tidewatch_session=abc',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${HANDSHAKE_KEY}`,
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
    cookie: 'tidewatch_session=abc',
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

test('a path without sockets: 404', async () => {
  const client = handshake('/v1/readings');
  await waitFor('the end', () => client.closed());
  expect(client.text()).toMatch(/^HTTP\/1\.1 404 Not Found\r\n[^]*urn:tidewatch:problem:not-found/);
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
