import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { waitFor } from '@tidewatch/testing';
import { ROOT } from './dockerfile';
import { STANDALONE } from './standalone-script';

interface SupervisorOptions {
  readonly npmIn?: string | undefined;
  readonly environment?: Readonly<Record<string, string>>;
}

/** `npm start`, by default without npm, as a terminal runs it: in a process group of its own. */
export class Supervisor {
  out = '';
  err = '';
  readonly exit: Promise<number | null>;
  private readonly child: ChildProcess;

  /** `npmIn`: through npm, in this folder. `environment` comes on top of what a terminal has. */
  constructor(args: readonly string[], { npmIn, environment = {} }: SupervisorOptions = {}) {
    const [command, ...first] = npmIn ? ['npm', 'start', '--'] : [process.execPath, STANDALONE];
    this.child = spawn(command, [...first, ...args], {
      cwd: npmIn ?? ROOT,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.child.stdout!.on('data', (chunk: Buffer) => (this.out += chunk.toString()));
    this.child.stderr!.on('data', (chunk: Buffer) => (this.err += chunk.toString()));
    this.exit = new Promise((resolve) => this.child.once('close', resolve));
  }

  get lines(): string[] {
    return this.err.split('\n').filter((line) => line !== '');
  }

  async ready(): Promise<void> {
    await waitFor(
      'the platform',
      () => {
        if (this.child.exitCode !== null) throw new Error('it has ended');
        return this.out.includes('Ctrl-C stops everything');
      },
      90_000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.err}`, { cause: error });
    });
  }

  /** As Ctrl-C does: the signal goes to the whole group. */
  interrupt(): void {
    process.kill(-this.child.pid!, 'SIGINT');
  }

  /** To npm or the supervisor alone, as `kill` does. */
  signal(signal: NodeJS.Signals): void {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
  }

  kill(): void {
    this.signal('SIGKILL');
  }
}

/** A folder in which `npm start` has nothing to build: the files in `dist` are run by other tests meanwhile. */
export function builtProject(folder: string): string {
  mkdirSync(path.join(folder, 'tools'), { recursive: true });
  for (const file of ['package.json', 'tools/start.mjs'])
    copyFileSync(path.join(ROOT, file), path.join(folder, file));
  writeFileSync(path.join(folder, 'tools/build.mjs'), '');
  for (const name of ['dist', 'node_modules']) symlinkSync(path.join(ROOT, name), path.join(folder, name));
  return folder;
}

/** Process ids by service, as the supervisor notes them. */
export function runningIds(dataDir: string): Record<string, number> {
  const folder = path.join(dataDir, 'run');
  const files = readdirSync(folder).filter((name) => name.endsWith('.pid'));
  return Object.fromEntries(
    files.map((name) => [path.basename(name, '.pid'), Number(readFileSync(path.join(folder, name), 'utf8'))]),
  );
}

/** Command lines of all processes that belong to a platform: its services, its database, and the guards of both. */
export function processesOf(dataDir: string, ids: Readonly<Record<string, number>>): string[] {
  const numbers = new Set(Object.values(ids).map(String));
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [name, commandLine(name)] as const)
    .filter(([name, command]) => {
      const guarded = /^\/bin\/sh .*tidewatch-(?:postgres-watchdog|guard) (\d+)/s.exec(command)?.[1] ?? '';
      return numbers.has(name) || numbers.has(guarded) || command.includes(dataDir);
    })
    .map(([, command]) => command);
}

function commandLine(pid: string): string {
  try {
    // A process that has ended and waits for its parent has none.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
