import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { HealthPoller } from './health-poller';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(answer: { status: number; body: string }): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(answer.status).end(answer.body));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('the state of each service is known, and a change raises the version', async () => {
  const storage = { status: 200, body: '{"status":"ok","details":{"database":{"status":"up"}}}' };
  const poller = new HealthPoller(
    new Map([
      ['storage', await serve(storage)],
      ['rubbish', await serve({ status: 200, body: 'not JSON' })],
      ['gone', 'http://127.0.0.1:1'],
    ]),
  );
  expect(poller.services.map(({ status }) => status)).toEqual(['unreachable', 'unreachable', 'unreachable']);
  await poller.poll();
  expect(poller.services).toEqual([
    { service: 'storage', status: 'ready', checks: { database: 'up' } },
    { service: 'rubbish', status: 'unreachable', checks: {} },
    { service: 'gone', status: 'unreachable', checks: {} },
  ]);
  const { version } = poller;
  await poller.poll();
  expect(poller.version).toBe(version);
  storage.status = 503;
  storage.body = '{"status":"error","details":{"database":{"status":"down","message":"refused"}}}';
  await poller.poll();
  expect(poller.version).toBe(version + 1);
  expect(poller.services[0]).toEqual({
    service: 'storage',
    status: 'not-ready',
    checks: { database: 'down' },
  });
});
