import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { isAlive } from './cluster';
import { type PostgresServer, startPostgres } from './server';

const FAST = { fsync: 'off', shared_buffers: '16MB' };

/** A program that starts a server and then waits to be killed. */
const PARENT = `
  const swc = require('@swc/core');
  require.extensions['.ts'] = (module, file) => module._compile(swc.transformFileSync(file).code, file);
  const { startPostgres } = require(process.env.SERVER);
  startPostgres({ dataDir: process.env.DATA_DIR, ephemeral: true, settings: { fsync: 'off' } })
    .then((server) => console.log(server.pid));
  setInterval(() => undefined, 1000);`;

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(sql).finally(() => client.end());
  return rows;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('startPostgres', () => {
  let home: string;
  let dataDir: string;
  const servers: PostgresServer[] = [];

  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'tidewatch-start-'));
    chmodSync(home, 0o755);
    dataDir = path.join(home, 'postgres');
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    rmSync(home, { recursive: true, force: true });
  });
  const start = async (
    options: Partial<Parameters<typeof startPostgres>[0]> = {},
  ): Promise<PostgresServer> => {
    const server = await startPostgres({ dataDir, settings: FAST, database: 'tidewatch', ...options });
    servers.push(server);
    return server;
  };

  test('makes a folder, applies settings, and asks for the password', async () => {
    const server = await start();
    expect(await query(server.url, 'SHOW shared_buffers')).toEqual([{ shared_buffers: '16MB' }]);
    expect(await query(server.url, 'SELECT current_database()')).toEqual([{ current_database: 'tidewatch' }]);
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
  });

  test('keeps its data over stop and start, and over kill -9', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS n');
    await first.stop();
    expect(await first.ended).toEqual({ code: 0, signal: null });
    const second = await start({ port: first.port });
    expect(second.url).toBe(first.url);
    await query(second.url, 'INSERT INTO kept VALUES (43)');
    await second.kill();
    expect(await second.ended).toEqual({ code: null, signal: 'SIGKILL' });
    const third = await start({ port: first.port });
    expect(await query(third.url, 'SELECT n FROM kept ORDER BY n')).toEqual([{ n: 42 }, { n: 43 }]);
  });

  test('starts over a lock file whose number belongs to another program by now', async () => {
    const first = await start();
    await first.stop();
    writeFileSync(path.join(dataDir, 'postmaster.pid'), `${process.pid}\n${dataDir}\n`);
    const second = await start();
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('refuses a port in use, a folder of another version, and a folder with other things in it', async () => {
    const first = await start();
    const other = path.join(home, 'other');
    await expect(start({ dataDir: other, port: first.port })).rejects.toMatchObject({ code: 'port-in-use' });
    mkdirSync(path.join(home, 'old'));
    writeFileSync(path.join(home, 'old', 'PG_VERSION'), '15\n');
    await expect(start({ dataDir: path.join(home, 'old') })).rejects.toMatchObject({
      code: 'data-dir-version',
    });
    mkdirSync(path.join(home, 'full'));
    writeFileSync(path.join(home, 'full', 'diary.txt'), '');
    await expect(start({ dataDir: path.join(home, 'full') })).rejects.toMatchObject({
      code: 'data-dir-in-use',
    });
  });

  test('ends with its parent, also when that is killed with -9', async () => {
    const parent = spawn(process.execPath, ['-e', PARENT], {
      cwd: path.resolve(__dirname, '../../../..'),
      env: { ...process.env, SERVER: path.join(__dirname, 'server.ts'), DATA_DIR: dataDir },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until(() => !isAlive(pid) && !existsSync(dataDir), 'the server has ended and its folder is gone');
  });
});
