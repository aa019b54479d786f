import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createApiKey } from '@tidewatch/auth';
import { PROBLEM_CONTENT_TYPE, TOPICS } from '@tidewatch/contracts';
import {
  createMessageLog,
  ensureTopics,
  type MessagingOptions,
  messagingOptions,
} from '@tidewatch/messaging';
import { encodeBlock, partitionOfDevice, ReadingBatchBuilder, seriesKey } from '@tidewatch/readings';
import { parseConfig } from '@tidewatch/service-kit';
import { type PostgresServer, startPostgres, waitFor } from '@tidewatch/testing';
import { migrate } from '@tidewatch/time-series';
import { Pool } from 'pg';
import { storage } from './config';

/** Compiles what is required on the way, as the build does. A process of its own: errors of sockets are no `Error` inside of jest. */
const RUN = `
  const swc = require('@swc/core');
  require.extensions['.ts'] = (module, file) => module._compile(swc.transformFileSync(file).code, file);
  require(process.argv[1]);`;

let home: string;
let server: PostgresServer;
let pool: Pool;
let settings: Record<string, string>;
let service: ChildProcess;
let key: string;

const start = (port?: number): Promise<PostgresServer> =>
  startPostgres({
    dataDir: path.join(home, 'postgres'),
    database: 'tidewatch',
    settings: { fsync: 'off', shared_buffers: '16MB' },
    ...(port === undefined ? {} : { port }),
  });
const logOptions = (): MessagingOptions =>
  messagingOptions(parseConfig(storage.config, settings), { name: 'test', pool });

beforeEach(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'tidewatch-away-'));
  chmodSync(home, 0o755);
  server = await start();
  await migrate(server.url);
  pool = new Pool({ connectionString: server.url });
  pool.on('error', () => undefined);
  settings = {
    ...{ PORT: String(await freePort()), LOG_LEVEL: 'error', SESSION_KEY: 'k'.repeat(32) },
    DATABASE_URL: server.url,
  };
  await ensureTopics(logOptions());
  key = (await createApiKey(pool, { name: 'reader', scopes: ['read'] })).key;
  service = spawn(process.execPath, ['-e', RUN, path.join(__dirname, 'main.ts')], {
    cwd: path.resolve(__dirname, '../../..'),
    env: { PATH: process.env['PATH'] ?? '', ...settings },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
});
afterEach(async () => {
  const ended = new Promise((resolve) => service.once('exit', resolve));
  if (service.exitCode === null && service.kill()) await ended;
  await pool.end();
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

const get = (route: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${settings['PORT']}${route}`, { headers: { 'x-api-key': key } });
const isReady = async (): Promise<boolean> => (await get('/readyz')).ok;
const devices = async (): Promise<string> => JSON.stringify(await (await get('/v1/devices')).json());

async function send(device: string): Promise<void> {
  const log = createMessageLog(logOptions());
  const builder = new ReadingBatchBuilder();
  builder.append(seriesKey(device, 'flow'), Date.UTC(2026, 2, 1) * 1_000, 1);
  const value = encodeBlock(builder.view());
  await log.append(TOPICS.readings, [{ partition: partitionOfDevice(device, 12), key: device, value }]);
  await log.close();
}

test('while the database is away every question is answered with 503, and afterwards all is as before', async () => {
  await waitFor('readiness', isReady);
  await send('before');
  await waitFor('the reading', async () => (await devices()).includes('before'));
  const statuses = new Set<number>();
  let asking = true;
  const routes = ['/v1/devices', '/v1/series', '/v1/series/1/readings', '/v1/anomalies'];
  const asked = Promise.all(
    routes.map(async (route) => {
      while (asking) statuses.add((await get(route)).status);
    }),
  );
  try {
    await server.kill();
    const refusal = await waitFor('a refusal', async () => {
      const answer = await get('/v1/devices');
      return answer.ok ? undefined : answer;
    });
    expect(refusal.status).toBe(503);
    expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refusal.headers.get('content-type')).toContain(PROBLEM_CONTENT_TYPE);
    expect(await refusal.json()).toMatchObject({ type: 'urn:tidewatch:problem:unavailable', status: 503 });
    await waitFor('unreadiness', async () => !(await isReady()));
    server = await start(server.port);
    await send('after');
    await waitFor('both readings', async () => /after.*before/.test(await devices()));
    await waitFor('readiness', isReady);
  } finally {
    asking = false;
    await asked;
  }
  expect([...statuses].sort()).toEqual([200, 503]);
});
