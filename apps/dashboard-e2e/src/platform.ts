import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { freePortRange, waitFor } from '@tidewatch/testing';

const MAIN = resolve(__dirname, '../../../dist/tools/standalone/src/main.js');
const PAGE = resolve(__dirname, '../../../dist/apps/dashboard-web/index.html');
const START_DEADLINE_MS = 120_000;

/** A running Tidewatch in a folder of its own: what `--print-json` says of it. */
export interface Platform {
  readonly address: string;
  readonly signInUrl: string;
  readonly apiKey: string;
  readonly dataDir: string;
  pidOf(service: string): Promise<number>;
  stop(): Promise<void>;
}

/** Starts the built platform (`npm run build` comes first). */
export async function startPlatform(extraArguments: readonly string[] = []): Promise<Platform> {
  for (const built of [MAIN, PAGE]) {
    if (!existsSync(built)) throw new Error(`${built} is missing: run npm run build first`);
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'tidewatch-e2e-'));
  // PostgreSQL does not run as root: another account has to get through to its folder.
  await chmod(dataDir, 0o711);
  const port = String(await freePortRange());
  const child = spawn(
    process.execPath,
    [MAIN, '--data-dir', dataDir, '--port', port, '--print-json', ...extraArguments],
    {
      env: { ...process.env, TIDEWATCH_PROCESSING_GROUP_TAGS: 'site' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const said: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const line = await firstLine(child).catch(async (error: unknown) => {
    await end(child);
    throw new Error(`the platform did not start:\n${said.join('')}`, { cause: error });
  });
  const running = JSON.parse(line) as Omit<Platform, 'pidOf' | 'stop'>;
  return {
    ...running,
    dataDir,
    pidOf: async (service) => Number(await readFile(join(dataDir, 'run', `${service}.pid`), 'utf8')),
    async stop() {
      await end(child);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolveLine, reject) => {
    const deadline = setTimeout(() => reject(new Error('no answer in time')), START_DEADLINE_MS);
    createInterface({ input: child.stdout! }).once('line', (line) => {
      clearTimeout(deadline);
      resolveLine(line);
    });
    child.once('exit', (code) => {
      clearTimeout(deadline);
      reject(new Error(`ended with ${code}`));
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await waitFor(
    'the end of the platform',
    () => child.exitCode !== null || child.signalCode !== null,
    60_000,
  );
}
