import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import pg from 'pg';
import { type Account, accountFor, prepareFolder } from './account';
import { findBinaries } from './binaries';
import { SUPERUSER, initialise, isInitialised, lockHolder, readPassword } from './cluster';
import { PostgresStartError } from './errors';
import { startWatchdog } from './watchdog';

export interface PostgresOptions {
  /** The cluster's folder. It is made at the first start and reused afterwards. */
  readonly dataDir: string;
  /** Default: a free one. */
  readonly port?: number;
  /** The database of `url`, created when missing. Default `postgres`. */
  readonly database?: string;
  /** Server settings such as `shared_buffers`, `max_wal_size`, `fsync`. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Delete the folder when the server stops, also when our process is killed. */
  readonly ephemeral?: boolean;
  /** How long start and crash recovery may take. Default 120 s. */
  readonly startTimeoutMs?: number;
  readonly onProgress?: (message: string) => void;
}

export interface PostgresServer {
  /** `postgres://` URL of the superuser, password included. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when the server has ended for whatever reason. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Fast shutdown: open transactions roll back, everything is on disk. Resolves when it has ended. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would. Start again with the same options (and port) to recover. */
  kill(): Promise<void>;
}

const HOST = '127.0.0.1';
const LOG_FILE = 'server.log';
const LOG_KEEP_BYTES = 10_000_000;
const PREDECESSOR_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 20_000;
const POLL_MS = 40;

/**
 * Starts PostgreSQL 18 on 127.0.0.1, with password authentication and no Unix socket. Does not outlive our process.
 * Throws `PostgresStartError`.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const dataDir = path.resolve(options.dataDir);
  const progress = options.onProgress ?? (() => undefined);
  const { postgres, initdb } = findBinaries();
  const account = accountFor(dataDir);
  prepareFolder(dataDir, account, postgres);
  if (!isInitialised(dataDir)) {
    progress('making a new database folder');
    await initialise(initdb, dataDir, account);
  }
  await predecessorEnded(dataDir, progress);
  const deadline = Date.now() + (options.startTimeoutMs ?? 120_000);
  for (;;) {
    const port = options.port ?? (await freePort());
    const server = launch({ ...options, dataDir, port }, postgres, account);
    const fault = await ready(server, options.database ?? 'postgres', deadline, progress);
    if (fault === undefined) return server;
    await server.kill();
    // The processes of a killed predecessor leave its shared memory within moments; a random port may have been taken meanwhile.
    const again = /shared memory/.test(fault) || (options.port === undefined && /could not bind/.test(fault));
    if (!again || Date.now() > deadline) throw startError(fault, port, server.logFile);
    await pause(POLL_MS);
  }
}

function startError(fault: string, port: number, logFile: string): PostgresStartError {
  if (/could not bind/.test(fault)) {
    return new PostgresStartError(
      'port-in-use',
      `Port ${port} is in use: PostgreSQL cannot listen on ${HOST}:${port}`,
    );
  }
  return new PostgresStartError('failed', `PostgreSQL did not start (see ${logFile}): ${fault}`);
}

async function predecessorEnded(dataDir: string, progress: (message: string) => void): Promise<void> {
  const deadline = Date.now() + PREDECESSOR_TIMEOUT_MS;
  let told = false;
  for (let holder = lockHolder(dataDir); holder?.alive; holder = lockHolder(dataDir)) {
    if (!told) progress(`waiting for the earlier PostgreSQL (process ${holder.pid}) to end`);
    told = true;
    if (Date.now() > deadline) {
      throw new PostgresStartError(
        'data-dir-in-use',
        `The data folder ${dataDir} is in use by PostgreSQL, process ${holder.pid}`,
      );
    }
    await pause(POLL_MS);
  }
}

interface Launch extends PostgresOptions {
  readonly port: number;
}

function launch(options: Launch, postgres: string, account: Account): PostgresServer {
  const logFile = path.join(options.dataDir, LOG_FILE);
  const child = spawnServer(options, postgres, account, logFile);
  if (child.pid === undefined) throw new PostgresStartError('failed', `Cannot run ${postgres}`);
  const callOff = startWatchdog(child.pid, options.ephemeral ? options.dataDir : undefined);
  const ended: PostgresServer['ended'] = new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      callOff();
      resolve({ code, signal });
    });
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.ref();
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(late);
  };
  const credentials = `${SUPERUSER}:${readPassword(options.dataDir)}`;
  return {
    url: `postgres://${credentials}@${HOST}:${options.port}/${options.database ?? 'postgres'}`,
    port: options.port,
    pid: child.pid,
    logFile,
    ended,
    stop: async () => {
      await end('SIGINT');
      if (options.ephemeral) rmSync(options.dataDir, { recursive: true, force: true });
    },
    kill: () => end('SIGKILL'),
  };
}

function spawnServer(options: Launch, postgres: string, account: Account, logFile: string): ChildProcess {
  const settings: Record<string, string | number> = {
    listen_addresses: HOST,
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...options.settings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = openLog(logFile);
  try {
    const server = spawn(postgres, ['-D', options.dataDir, '-p', String(options.port), ...flags], {
      ...account,
      cwd: path.parse(options.dataDir).root,
      env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
      // Its own group: Ctrl-C reaches us, and the database stops last.
      detached: true,
      stdio: ['ignore', log, log],
    });
    server.on('error', () => undefined);
    server.unref();
    return server;
  } finally {
    closeSync(log);
  }
}

/** Appends; keeps one earlier file once it has grown. */
function openLog(logFile: string): number {
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > LOG_KEEP_BYTES)
    renameSync(logFile, `${logFile}.1`);
  return openSync(logFile, 'a', 0o600);
}

/** Waits until the database of the URL answers; returns what the server said when it does not. */
async function ready(
  server: PostgresServer,
  database: string,
  deadline: number,
  progress: (message: string) => void,
): Promise<string | undefined> {
  const state = { ended: false };
  void server.ended.then(() => (state.ended = true));
  let told = Date.now();
  for (;;) {
    const fault = await ensureDatabase(server.url, database);
    if (fault === undefined) return undefined;
    if (state.ended) return lastWords(server.logFile);
    if (Date.now() > deadline) return fault;
    if (Date.now() - told > 2_000) {
      told = Date.now();
      progress(`waiting for PostgreSQL: ${fault}`);
    }
    await pause(POLL_MS);
  }
}

async function ensureDatabase(url: string, database: string): Promise<string | undefined> {
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const client = new pg.Client({ connectionString: admin.href, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(database)}`);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function lastWords(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').trim().split('\n');
  return lines
    .slice(-6)
    .filter((line) => /FATAL|PANIC|ERROR|could not|HINT/.test(line))
    .join(' | ');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, HOST, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
