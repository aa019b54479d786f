import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePortRange, waitFor } from '@tidewatch/testing';
import { Supervisor, builtProject, processesOf, runningIds } from './supervisor';

let temp: string;
let dataDir: string;
let project: string;
let port: number;
const supervisors: Supervisor[] = [];

beforeAll(async () => {
  temp = mkdtempSync(path.join(tmpdir(), 'tidewatch-standalone-'));
  chmodSync(temp, 0o755);
  dataDir = path.join(temp, 'data');
  project = builtProject(path.join(temp, 'project'));
  port = await freePortRange();
});
afterAll(() => {
  for (const supervisor of supervisors) supervisor.kill();
  rmSync(temp, { recursive: true, force: true });
});

function start(args: string[] = [], npmIn?: string): Supervisor {
  const supervisor = new Supervisor(['--data-dir', dataDir, '--port', String(port), ...args], { npmIn });
  supervisors.push(supervisor);
  return supervisor;
}

/** Devices of the history API, seen by a browser that follows the sign-in link. */
async function devices(supervisor: Supervisor): Promise<string[]> {
  const link = new URL(/http:\/\/\S+#token=\S+/.exec(supervisor.out)![0]);
  const session = await fetch(`${link.origin}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: link.origin },
    body: JSON.stringify({ token: link.hash.slice('#token='.length) }),
  });
  const cookie = session.headers.get('set-cookie')!.split(';')[0]!;
  return waitFor('devices', async () => {
    const answer = await fetch(`${link.origin}/v1/devices`, { headers: { cookie } });
    const { items } = (await answer.json()) as { items: { device: string }[] };
    return items.length >= 2 ? items.map(({ device }) => device).sort() : null;
  });
}

const STOP_ORDER = ['gateway', 'ingestion', 'processing', 'storage', 'dashboard', 'PostgreSQL'];
const stopped = (supervisor: Supervisor): (string | undefined)[] =>
  supervisor.lines.flatMap((line) => /^\S+ (\S+) stopped/.exec(line)?.[1] ?? []);

describe('npm start', () => {
  test('the first start shows a key, and both curl lines work when pasted', async () => {
    const first = start();
    await first.ready();
    const curls = first.out.split('\n').filter((line) => line.startsWith('curl '));
    expect(curls).toHaveLength(2);
    const answers = curls.map(
      (line) => JSON.parse(execFileSync('bash', ['-c', line], { encoding: 'utf8' })) as unknown,
    );
    expect(answers).toMatchObject([
      { accepted: 2, rejected: [] },
      { accepted: 1, rejected: [] },
    ]);
    expect(await devices(first)).toEqual(['pump-7', 'test-001']);
    expect(Object.keys(runningIds(dataDir)).sort()).toEqual([
      'dashboard',
      'gateway',
      'ingestion',
      'postgres',
      'processing',
      'storage',
    ]);
  }, 120_000);

  test('nothing secret is on a command line', () => {
    const key = /tw_[\w-]+/.exec(supervisors[0]!.out)![0];
    const commands = processesOf(dataDir, runningIds(dataDir)).join('\n');
    expect(commands).toContain('apps/storage/src/main.js');
    expect(commands).not.toContain(key);
    expect(commands).not.toMatch(/postgres:\/\//);
  });

  test('a second start on the same folder is refused with one line', async () => {
    const second = start();
    expect(await second.exit).toBe(1);
    expect(second.lines).toEqual([
      expect.stringMatching(
        /Tidewatch already runs on .*data \(process \d+\)\. Stop it first, or choose another folder/,
      ),
    ]);
  });

  test('a port in use is named in one line', async () => {
    const other = start(['--data-dir', path.join(temp, 'other')]);
    expect(await other.exit).toBe(1);
    expect(other.lines).toEqual([
      expect.stringContaining(`Port ${port}, which the gateway service needs, is in use. Stop what uses it`),
    ]);
  });

  test('a service that dies is started again, and the log says so', async () => {
    const before = runningIds(dataDir)['storage']!;
    process.kill(before, 'SIGKILL');
    await waitFor('another storage', () => {
      const now = runningIds(dataDir)['storage'];
      return now !== undefined && now !== before;
    });
    expect(supervisors[0]!.err).toContain(
      'storage ended unexpectedly (SIGKILL); starting it again in 0.25 s',
    );
  });

  test('Ctrl-C stops everything in order, the database last, and nothing stays', async () => {
    const ids = runningIds(dataDir);
    supervisors[0]!.interrupt();
    expect(await supervisors[0]!.exit).toBe(0);
    expect(stopped(supervisors[0]!)).toEqual(STOP_ORDER);
    expect(processesOf(dataDir, ids)).toEqual([]);
  }, 90_000);

  test('the data survives; a later start shows no key', async () => {
    const later = start();
    await later.ready();
    expect(await devices(later)).toEqual(['pump-7', 'test-001']);
    expect(later.out).not.toMatch(/tw_/);
    expect(later.out).toContain('--new-key');
  }, 120_000);

  test('kill -9 of the supervisor leaves nothing behind, and the next start works', async () => {
    const ids = runningIds(dataDir);
    supervisors.at(-1)!.kill();
    await waitFor('the guards to end everything', () => processesOf(dataDir, ids).length === 0);
    const next = start();
    await next.ready();
    next.interrupt();
    expect(await next.exit).toBe(0);
    expect(stopped(next)).toEqual(STOP_ORDER);
  }, 180_000);

  test('Ctrl-C in the middle of a start', async () => {
    const supervisor = start();
    await waitFor('the services', () => supervisor.err.includes('Starting gateway'));
    const ids = runningIds(dataDir);
    supervisor.interrupt();
    expect(await supervisor.exit).toBe(0);
    expect(processesOf(dataDir, ids)).toEqual([]);
  }, 90_000);

  test.each(['SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
    '%s to npm alone stops everything in order',
    async (signal) => {
      const supervisor = start([], project);
      await supervisor.ready();
      const ids = runningIds(dataDir);
      supervisor.signal(signal);
      // The supervisor holds npm's standard output: that is closed when both have ended.
      await supervisor.exit;
      expect(stopped(supervisor)).toEqual(STOP_ORDER);
      expect(processesOf(dataDir, ids)).toEqual([]);
    },
    120_000,
  );

  test('a data folder of a newer version is refused with one line', async () => {
    writeFileSync(path.join(dataDir, 'VERSION'), '2\n');
    const supervisor = start();
    expect(await supervisor.exit).toBe(1);
    expect(supervisor.lines).toEqual([
      expect.stringContaining('is of a newer Tidewatch (format 2; this one knows 1). Update Tidewatch'),
    ]);
  });
});
