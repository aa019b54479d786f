/**
 * There is no container engine in a test: what the images would hold is put together as the Dockerfile says, and run as the Dockerfile says, with
 * the Node of the image, as its user, on files which that user cannot write.
 */
import { type ChildProcess, execFileSync, execSync, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePortRange, type PostgresServer, startPostgres, waitFor } from '@tidewatch/testing';
import { readDockerfile, ROOT } from './dockerfile';
import { fetchNode, missingForNode } from './node-distribution';

const SERVICES = ['ingestion', 'processing', 'storage', 'dashboard', 'gateway'] as const;
type Service = (typeof SERVICES)[number];
const KEY = `tw_image0test01_${'k'.repeat(43)}`;
const PASSWORD = 'a-password-of-the-image-test';
const STOP_MS = 15_000;

const plan = readDockerfile();
const asRoot = process.getuid?.() === 0;
const [uid, gid] = plan.user.split(':').map(Number) as [number, number];

describe('the Dockerfile', () => {
  test('pins every base by digest, runs as a high user, and leaves probes to the orchestrator', () => {
    for (const base of plan.bases) expect(base).toMatch(/@sha256:[0-9a-f]{64}$/);
    expect(uid).toBeGreaterThanOrEqual(10_000);
    expect(gid).toBeGreaterThanOrEqual(10_000);
    expect(plan.instructions.filter((line) => /^(HEALTHCHECK|ADD|VOLUME)\b/.test(line))).toEqual([]);
    expect(plan.bases.at(-1)).toMatch(/^gcr\.io\/distroless\/nodejs24-/);
  });
});

(missingForNode === null ? describe : describe.skip)('the images', () => {
  let folder: string;
  let node: string;
  let postgres: PostgresServer | undefined;
  let port: number;
  const running = new Map<Service, ChildProcess>();
  const said: string[] = [];

  beforeAll(async () => {
    node = fetchNode(plan.nodeVersion);
    folder = mkdtempSync(path.join(tmpdir(), 'tidewatch-image-'));
    chmodSync(folder, 0o755);
    const files = path.join(folder, 'files');
    cpSync(node, path.join(files, 'node'));
    for (const name of ['package.json', 'package-lock.json', '.npmrc'])
      copyFileSync(path.join(ROOT, name), path.join(files, name));
    for (const command of plan.packageCommands) execSync(command, { cwd: files, stdio: 'pipe' });
    for (const service of SERVICES) {
      const assemble = path.join(ROOT, 'tools/image/assemble.mjs');
      execFileSync(process.execPath, [assemble, service, path.join(files, service)], { stdio: 'pipe' });
    }
    execFileSync('chmod', ['-R', asRoot ? 'go-w' : 'a-w', files]);
    postgres = await startPostgres({ dataDir: path.join(folder, 'postgres'), ephemeral: true });
    port = await freePortRange();
  }, 300_000);

  afterAll(async () => {
    for (const child of running.values()) child.kill('SIGKILL');
    await postgres?.stop();
    if (folder) {
      execFileSync('chmod', ['-R', 'u+w', folder]);
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);

  function run(service: Service, env: Record<string, string>, args = plan.defaultArguments) {
    const child = spawn(path.join(folder, 'files', 'node'), [...plan.nodeArguments, ...args], {
      cwd: path.join(folder, 'files', service),
      env: { ...plan.env, HOST: '127.0.0.1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(asRoot ? { uid, gid } : {}),
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => said.push(`${service}: ${chunk.toString().trim()}`));
    return child;
  }

  const ended = (child: ChildProcess): Promise<number | null> =>
    new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
      else child.once('exit', (code) => resolve(code));
    });
  const address = (service: Service) => `http://127.0.0.1:${port + SERVICES.indexOf(service)}`;

  function environmentOf(service: Service): Record<string, string> {
    const database = new URL(postgres!.url);
    database.username = `tidewatch_${service}`;
    database.password = PASSWORD;
    return {
      DATABASE_URL: database.href,
      PORT: new URL(address(service)).port,
      SESSION_KEY: 's'.repeat(48),
      ...(service === 'gateway'
        ? {
            INTERNAL_PORT: String(port + SERVICES.length),
            INGESTION_URL: address('ingestion'),
            STORAGE_URL: address('storage'),
            DASHBOARD_URL: address('dashboard'),
          }
        : {}),
      ...(service === 'dashboard' ? { PUBLIC_ORIGINS: address('gateway') } : {}),
    };
  }

  async function api(pathname: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${address('gateway')}${pathname}`, {
      ...init,
      headers: { 'x-api-key': KEY, 'content-type': 'application/json' },
    });
  }

  test('hold files that their user cannot write, and no tests', () => {
    const files = path.join(folder, 'files');
    const writable: string[] = [];
    const odd: string[] = [];
    for (const name of readdirSync(files, { recursive: true, encoding: 'utf8' })) {
      const stats = lstatSync(path.join(files, name));
      if (stats.isSymbolicLink()) continue;
      if ((stats.mode & 0o022) !== 0 || (!asRoot && (stats.mode & 0o200) !== 0)) writable.push(name);
      if (/(^|\/)dist\/.*(spec|for-tests|testing)/.test(name) && !name.startsWith('node_modules'))
        odd.push(name);
    }
    expect(writable).toEqual([]);
    expect(odd).toEqual([]);
  });

  test('list what they hold', () => {
    const list = JSON.parse(readFileSync(path.join(folder, 'files', 'sbom.cdx.json'), 'utf8')) as {
      bomFormat: string;
      components: { name: string }[];
    };
    expect(list.bomFormat).toBe('CycloneDX');
    const names = list.components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['fastify', 'kafkajs', 'pg']));
    expect(names).not.toContain('jest');
  });

  test("storage's image migrates: logins, schema, topics and the first key; twice is as once", async () => {
    const roles = SERVICES.map((name) => [`TIDEWATCH_${name.toUpperCase()}_PASSWORD`, PASSWORD] as const);
    const env = { DATABASE_URL: postgres!.url, BOOTSTRAP_KEY: KEY, ...Object.fromEntries(roles) };
    expect(await ended(run('storage', env, ['migrate.js']))).toBe(0);
    expect(said.join('\n')).toContain('the bootstrap key is known now');
    expect(await ended(run('storage', env, ['migrate.js']))).toBe(0);
    expect(said.join('\n')).toContain('the bootstrap key was known already');
    expect(said.join('\n')).not.toContain(PASSWORD);
    expect(said.join('\n')).not.toContain(KEY);
  }, 60_000);

  test('take a reading through the front door to the database and serve the page', async () => {
    for (const service of SERVICES) running.set(service, run(service, environmentOf(service)));
    for (const service of SERVICES) {
      const url = service === 'gateway' ? `http://127.0.0.1:${port + SERVICES.length}` : address(service);
      await waitFor(`${service} to be ready`, async () => (await fetch(`${url}/readyz`)).ok, 60_000).catch(
        (error: unknown) => {
          throw new Error(`${String(error)}\n${said.slice(-20).join('\n')}`, { cause: error });
        },
      );
    }
    const body = JSON.stringify({ device: 'image-1', metric: 'pressure', value: 4.7 });
    expect((await api('/v1/readings', { method: 'POST', body })).status).toBe(202);
    await waitFor('the device', async () => (await (await api('/v1/devices')).text()).includes('image-1'));
    expect(await (await api('/')).text()).toContain('<title>Tidewatch');
  }, 120_000);

  test('end at once and with 0 when they are told to', async () => {
    const ends = [...running.values()].map(ended);
    const startedAt = Date.now();
    for (const child of running.values()) child.kill('SIGTERM');
    expect(await Promise.all(ends)).toEqual(SERVICES.map(() => 0));
    expect(Date.now() - startedAt).toBeLessThan(STOP_MS);
  }, 60_000);

  test('name the setting that is missing, and stop', async () => {
    const env = { ...environmentOf('storage'), SESSION_KEY: '' };
    said.length = 0;
    expect(await ended(run('storage', env))).not.toBe(0);
    expect(said.join('\n')).toContain('SESSION_KEY is required');
  }, 30_000);
});
