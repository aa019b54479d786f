import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, TraceCollector, waitFor, type TestDatabase } from '@tidewatch/testing';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

const ROOT = join(__dirname, '../../../..');
const SECRET = 'postgres://user:pa55word@';

let folder: string;
let database: TestDatabase;
const children: ChildProcess[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  // Inside the workspace, where packages are found.
  mkdirSync(join(ROOT, 'tmp'), { recursive: true });
  folder = mkdtempSync(join(ROOT, 'tmp', 'service-kit-'));
  const sources = ['libs/service-kit/src', 'libs/contracts/src', 'libs/tracing/src'];
  const args = [
    ...sources,
    '--out-dir',
    folder,
    '--config-file',
    '.swcrc',
    '--quiet',
    '--ignore',
    '**/*.spec.ts',
  ];
  execFileSync(join(ROOT, 'node_modules/.bin/swc'), args, { cwd: ROOT });
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database.drop();
});

interface Run {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  /** Lines that are not JSON: what the service says of its own. */
  readonly events: () => string[];
  readonly exit: Promise<number | null>;
}

function run(environment: Record<string, string>, name = 'stopping'): Run {
  const script = join(folder, 'libs/service-kit/src/testing/stopping-service.js');
  const env = { PATH: process.env['PATH'] ?? '', ...environment };
  const child = spawn(process.execPath, [script, name], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  return {
    child,
    out: () => out,
    err: () => err,
    events: () => out.split('\n').filter((line) => line !== '' && !line.startsWith('{')),
    exit: new Promise((resolve) => child.on('close', resolve)),
  };
}

const valid = (): Record<string, string> => ({
  DATABASE_URL: database.url,
  SESSION_KEY: 's'.repeat(32),
  PORT: '0',
});
const urlOf = (service: Run): Promise<string> =>
  waitFor('the service', () => /"url":"([^"]+)"/.exec(service.out())?.[1]);

describe('stopping', () => {
  test('not ready, then no port, then the phases in order, with the running request answered first', async () => {
    const service = run({ ...valid(), SHUTDOWN_DELAY_MS: '300' });
    const url = await urlOf(service);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const slow = fetch(`${url}/slow`);
    await waitFor('the request', () => service.events().includes('request taken'));
    service.child.kill('SIGTERM');

    // During the delay the port still answers, and says that it wants no more.
    await waitFor('red', async () => (await fetch(`${url}/readyz`)).status === 503);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    const refused = (): Promise<boolean> =>
      new Promise((resolve) => {
        const socket = connect(Number(new URL(url).port), '127.0.0.1');
        socket.on('connect', () => socket.destroy());
        socket.on('connect', () => resolve(false));
        socket.on('error', () => resolve(true));
      });
    await waitFor('a closed port', refused);
    expect(service.events()).toEqual(['request taken']);

    const answer = await slow;
    expect([answer.status, await answer.text()]).toEqual([200, 'done']);
    expect(await service.exit).toBe(0);
    expect(service.events()).toEqual([
      'request taken',
      'request answered',
      'stop-taking',
      'flush',
      'commit',
      'close',
      'hooks of nest',
    ]);
    expect(service.out()).toContain('"failures":0');
  });

  test('a request whose client has hung up is not waited for', async () => {
    const service = run(valid());
    const url = await urlOf(service);
    const client = new AbortController();
    const slow = fetch(`${url}/slow`, { signal: client.signal });
    await waitFor('the request', () => service.events().includes('request taken'));
    client.abort();
    await expect(slow).rejects.toThrow();
    await waitFor('the end of its work', () => service.events().includes('request answered'));
    service.child.kill('SIGTERM');
    expect(await service.exit).toBe(0);
    expect(service.out()).not.toContain('some requests did not end in time');
  });

  test('a second signal ends a shutdown that hangs', async () => {
    const service = run(valid(), 'hanging');
    await urlOf(service);
    service.child.kill('SIGINT');
    await waitFor('the step that hangs', () => service.events().includes('flush'));
    service.child.kill('SIGINT');
    expect(await service.exit).toBe(1);
    expect(service.events()).toEqual(['stop-taking', 'flush']);
  });

  test('a step that fails lets the others run and shows in the exit code', async () => {
    const service = run({ ...valid(), DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
    await urlOf(service);
    service.child.kill('SIGTERM');
    expect(await service.exit).toBe(1);
    expect(service.out().match(/shutdown step failed/g)).toHaveLength(4);
    expect(service.events()).toEqual(['hooks of nest']);
  });
});

describe('starting', () => {
  test('says every fault of the configuration in a line of its own, and no value', async () => {
    const file = join(folder, 'short-key');
    writeFileSync(file, 'tooshortsecret\n');
    const service = run({
      DATABASE_URL: `${SECRET}/x`.replace('postgres', 'mysql'),
      SESSION_KEY_FILE: file,
      PORT: 'http',
      MESSAGE_LOG: 'kafka',
    });
    expect(await service.exit).toBe(1);
    const lines = service.err().trim().split('\n').sort();
    expect(lines.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'stopping: DATABASE_URL',
      'stopping: KAFKA_BROKERS',
      'stopping: PORT',
      'stopping: SESSION_KEY',
    ]);
    expect(service.err()).not.toMatch(/pa55word|tooshortsecret/);
    expect(service.out()).toBe('');
  });

  test('with the port in use ends with one clear line', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const service = run({ ...valid(), PORT: String(port) });
    expect(await service.exit).toBe(1);
    expect(service.out()).toContain(`"msg":"port ${port} is in use"`);
    other.close();
  });

  test('keeps secrets out of the log', async () => {
    const service = run({ ...valid(), LOG_LEVEL: 'trace' });
    const url = await urlOf(service);
    await fetch(`${url}/nothing`, { headers: { 'x-api-key': 'tw_hidden', cookie: 'a=hidden' } });
    await waitFor('the line', () => service.out().includes('"path":"/nothing"'));
    expect(service.out()).not.toMatch(/hidden|ssssssss/);
    expect(service.out()).not.toContain(database.url);
  });
});

test('the SDK of OpenTelemetry is loaded where there is an endpoint, and not else', async () => {
  // `prom-client` has loaded the interfaces (`api`) all along.
  const preload = join(folder, 'loaded.cjs');
  writeFileSync(
    preload,
    `process.on('exit', () => console.log('loaded ' + Object.keys(require.cache).filter((file) => /@opentelemetry.(?!api.)/.test(file)).length));`,
  );
  const collector = await TraceCollector.start();
  const loaded = async (environment: Record<string, string>): Promise<number> => {
    const service = run({ ...valid(), NODE_OPTIONS: `--require ${preload}`, ...environment });
    await urlOf(service);
    service.child.kill('SIGTERM');
    expect(await service.exit).toBe(0);
    return Number(/^loaded (\d+)$/m.exec(service.out())?.[1]);
  };
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint };
  expect(await loaded({ OTEL_TRACES_SAMPLER: 'always_on' })).toBe(0);
  expect(await loaded({ ...endpoint, OTEL_SDK_DISABLED: 'true' })).toBe(0);
  expect(await loaded(endpoint)).toBeGreaterThan(10);
  expect(collector.headers).toEqual([]);
  await collector.stop();
});
