import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createApiKey, sealSession, SESSION_COOKIE } from '@tidewatch/auth';
import { createTestDatabase, type TestDatabase, waitFor } from '@tidewatch/testing';
import type { Socket } from 'socket.io-client';
import { type LiveService, SESSION_KEY, startLiveService } from '../testing/live-service';

let database: TestDatabase;
let live: LiveService;
let key: string;
beforeAll(async () => {
  database = await createTestDatabase();
  live = await startLiveService(database);
  key = (await createApiKey(database.pool, { name: 'reader', scopes: ['read'] })).key;
  await waitFor('the tail', async () => (await fetch(`${live.service.url}/readyz`)).status === 200);
});
afterAll(async () => {
  await live.stop();
  await database.drop();
});

const connected = (socket: Socket) => waitFor('a connection', () => socket.connected);
const cookieUntil = (expiresAtMs: number) => {
  const claims = { keyId: undefined, scopes: ['read' as const], expiresAtMs };
  return `${SESSION_COOKIE}=${sealSession(claims, SESSION_KEY)}`;
};
const handshake = (headers: Record<string, string>) =>
  answerTo('websocket', {
    ...headers,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
  });
const polling = (headers: Record<string, string>) => answerTo('polling', headers);

describe('a handshake', () => {
  test('is answered with the reason when it is refused, and with an upgrade when not', async () => {
    const { key: ingestKey } = await createApiKey(database.pool, { name: 'device', scopes: ['ingest'] });
    const cookie = cookieUntil(Date.now() + 60_000);
    const cases: [headers: Record<string, string>, outcome: string][] = [
      [{}, 'credential'],
      [{ 'x-api-key': `${key}x` }, 'credential'],
      [{ cookie: cookieUntil(Date.now() - 1), origin: live.service.url }, 'credential'],
      [{ 'x-api-key': ingestKey }, 'scope'],
      [{ 'x-api-key': key, origin: 'https://evil.example' }, 'origin'],
      [{ 'x-api-key': key, origin: 'null' }, 'origin'],
      [{ cookie, origin: 'https://evil.example' }, 'origin'],
      [{ cookie, origin: `${live.service.url}.evil.example` }, 'origin'],
      [{ cookie }, 'origin'],
      [{ cookie, origin: live.service.url }, 'upgrade'],
    ];
    for (const [headers, outcome] of cases) expect(await handshake(headers)).toMatchObject({ outcome });
  });

  test('by polling is refused to everybody, and no foreign page may read the answer', async () => {
    const cookie = cookieUntil(Date.now() + 60_000);
    for (const origin of [live.service.url, 'https://evil.example']) {
      expect(await polling({ cookie, origin })).toEqual({
        status: 400,
        outcome: 'Transport unknown',
        cors: undefined,
      });
    }
  });
});

describe('a socket', () => {
  test('is closed when its session ends', async () => {
    // Checked every five seconds.
    const endsAtMs = Date.now() + 2_000;
    const socket = live.connect({ cookie: cookieUntil(endsAtMs), origin: live.service.url });
    await connected(socket);
    const reason = await new Promise((resolve) => socket.once('disconnect', resolve));
    expect(reason).toBe('io server disconnect');
    expect(Date.now()).toBeGreaterThanOrEqual(endsAtMs);
  });
});

async function answerTo(transport: string, headers: Record<string, string>) {
  const url = `${live.service.url}/socket.io/?EIO=4&transport=${transport}`;
  return new Promise<{ status: number; outcome: string; cors: string | undefined }>((resolve, reject) => {
    const sent = request(url, { headers, agent: false });
    sent.once('upgrade', (answer, socket) => {
      socket.destroy();
      resolve({ status: answer.statusCode!, outcome: 'upgrade', cors: undefined });
    });
    sent.once('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: answer.statusCode!,
          outcome: text.startsWith('{') ? (JSON.parse(text) as { message: string }).message : text,
          cors: answer.headers['access-control-allow-origin'],
        });
      });
    });
    sent.once('error', reject);
    sent.end();
  });
}
