import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { type KafkaBroker, freePort, startKafka } from '../kafka';
import { portIsFree } from '../kafka/free-port';
import type { Platform } from '../ledger';
import { waitFor } from '../wait-for';

export type Driver = 'kafka' | 'postgres';

export interface ChaosPlatformOptions {
  readonly driver: Driver;
  /** For data, logs and ledgers; made when missing. */
  readonly folder: string;
  /** The compiled `tools/standalone`. */
  readonly script: string;
  readonly replicas: Readonly<Record<string, number>>;
  /** Environment of the supervisor, such as `TIDEWATCH_STORAGE_FAIL_POINT`. */
  readonly settings: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
}

/** What `tools/standalone --print-json` prints. */
interface Running {
  readonly ingestKey: string;
  readonly apiKey: string;
  readonly databaseUrl: string;
  readonly services: Readonly<Record<string, string>>;
  readonly operations: Readonly<Record<string, string>>;
}

const START_DEADLINE_MS = 120_000;
const POSTGRES_LOG_LEASE = 'chaos';

/** The real platform, as `npm start` runs it, with a Kafka broker of its own where asked, and the means to hurt it. */
export class ChaosPlatform {
  /** How often each service, or `PostgreSQL`, ended by SIGKILL, by the supervisor's account. */
  readonly kills: Record<string, number> = {};
  readonly pool: pg.Pool;

  private constructor(
    readonly options: ChaosPlatformOptions,
    private readonly child: ChildProcess,
    readonly running: Running,
    readonly broker: KafkaBroker | undefined,
  ) {
    this.pool = new pg.Pool({ connectionString: running.databaseUrl, max: 3 });
    this.pool.on('error', () => undefined);
  }

  static async start(options: ChaosPlatformOptions): Promise<ChaosPlatform> {
    await mkdir(options.folder, { recursive: true });
    // Where root runs the tests, PostgreSQL runs under another account, which has to get in.
    await chmod(options.folder, 0o755);
    const broker =
      options.driver === 'kafka'
        ? await startKafka({ dataDir: path.join(options.folder, 'kafka') })
        : undefined;
    const child = spawn(process.execPath, [options.script, ...(await argumentsOf(options, broker))], {
      env: { PATH: process.env['PATH'], ...options.settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (child.pid !== undefined) stopWithThisProcess(child, child.pid);
    try {
      const running = await firstLine(child, options.say);
      const platform = new ChaosPlatform(options, child, running, broker);
      platform.countKills();
      return platform;
    } catch (error) {
      await end(child);
      await broker?.stop();
      throw error;
    }
  }

  get ids(): string[] {
    return Object.keys(this.running.services);
  }

  /** What the ledger's verifier looks at. */
  get ledgerPlatform(): Platform {
    const common = { pool: this.pool, instanceId: `${POSTGRES_LOG_LEASE}-${process.pid}` };
    const log: Platform['log'] =
      this.broker === undefined
        ? { ...common, driver: 'postgres', connectionString: this.running.databaseUrl }
        : { ...common, driver: 'kafka', brokers: [this.broker.brokers], clientId: POSTGRES_LOG_LEASE };
    return { pool: this.pool, log };
  }

  /** Undefined between two lives. */
  pidOf(id: string): number | undefined {
    try {
      return Number(readFileSync(path.join(this.options.folder, 'data', 'run', `${id}.pid`), 'utf8'));
    } catch {
      return undefined;
    }
  }

  /** Sends a signal; false when there is nobody to get it. */
  signal(id: string, signal: NodeJS.Signals): boolean {
    const pid = this.pidOf(id);
    if (pid === undefined) return false;
    try {
      return process.kill(pid, signal);
    } catch {
      return false;
    }
  }

  async ready(deadlineMs = 90_000): Promise<void> {
    for (const [id, url] of Object.entries(this.running.operations)) {
      await waitFor(`${id} to be ready`, () => isReady(url), deadlineMs);
    }
  }

  async stop(): Promise<void> {
    await this.pool.end().catch(() => undefined);
    await end(this.child);
    await this.broker?.stop();
  }

  private countKills(): void {
    createInterface({ input: this.child.stderr! }).on('line', (line) => {
      this.options.say(line);
      const id = / (\S+) ended unexpectedly \(SIGKILL\)/.exec(line)?.[1];
      if (id !== undefined) this.kills[id] = (this.kills[id] ?? 0) + 1;
    });
  }
}

/** A supervisor whose owner was killed would run on: a shell waits on a pipe that only this process holds. */
function stopWithThisProcess(child: ChildProcess, pid: number): void {
  const guard = spawn('/bin/sh', ['-c', 'read -r _; kill -TERM "$1"', 'tidewatch-chaos-guard', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.on('error', () => undefined);
  child.once('exit', () => guard.kill('SIGKILL'));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
  await response.arrayBuffer();
  return response.ok;
}

async function argumentsOf(
  options: ChaosPlatformOptions,
  broker: KafkaBroker | undefined,
): Promise<string[]> {
  const args = ['--data-dir', path.join(options.folder, 'data'), '--port', String(await freePortRange())];
  if (broker !== undefined) args.push('--log', 'kafka', '--kafka-brokers', broker.brokers);
  for (const [service, count] of Object.entries(options.replicas))
    args.push('--replicas', `${service}=${count}`);
  // The key of the first start is not shown again where this one goes on with the data of another.
  return [...args, '--new-key', '--print-json'];
}

/** A free port with free ones behind it, which the supervisor takes for the services. */
export async function freePortRange(count = 12): Promise<number> {
  return waitFor(`${count} free ports in a row`, async () => {
    const first = await freePort();
    const free = await Promise.all(Array.from({ length: count }, (_, i) => portIsFree(first + i)));
    return free.every(Boolean) ? first : null;
  });
}

function firstLine(child: ChildProcess, say: (line: string) => void): Promise<Running> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    const early = createInterface({ input: child.stderr! }).on('line', (line) => {
      said.push(line);
      say(line);
    });
    const fail = (why: string) => {
      clearTimeout(late);
      reject(new Error(`the platform did not start: ${why}\n${said.slice(-8).join('\n')}`));
    };
    const late = setTimeout(() => fail('too slow'), START_DEADLINE_MS);
    child.once('exit', (code) => fail(`it ended with code ${code}`));
    createInterface({ input: child.stdout! }).once('line', (line) => {
      clearTimeout(late);
      early.close();
      resolve(JSON.parse(line) as Running);
    });
  });
}
