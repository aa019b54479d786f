import { readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { StartError } from '../errors';
import { commandOf, isAlive, waitForEnd } from './process-table';

/** Longer than the grace that guards give (see `guard.ts`), so that they come to their end first. */
const PATIENCE_MS = 10_000;
const KILL_MS = 5_000;

export interface LeftoverOptions {
  /** A process is one of ours only when its command line holds this. */
  readonly mark: (service: string) => string;
  readonly onProgress: (line: string) => void;
}

/** Ends what an earlier run left behind (its supervisor was killed), services first, the database last. */
export async function endLeftovers(runFolder: string, options: LeftoverOptions): Promise<void> {
  const files = readdirSync(runFolder).filter((name) => name.endsWith('.pid'));
  const isDatabase = (name: string) => name === 'postgres.pid';
  for (const group of [files.filter((name) => !isDatabase(name)), files.filter(isDatabase)]) {
    await Promise.all(group.map((name) => endLeftover(path.join(runFolder, name), options)));
  }
}

async function endLeftover(file: string, options: LeftoverOptions): Promise<void> {
  const service = path.basename(file, '.pid');
  const pid = Number(readFileSync(file, 'utf8').trim());
  const isOurs = () => isAlive(pid) && (commandOf(pid)?.includes(options.mark(service)) ?? false);
  if (Number.isInteger(pid) && pid > 1 && isOurs()) {
    options.onProgress(`Ending ${service} of an earlier run (process ${pid}) …`);
    // SIGINT is PostgreSQL's fast shutdown; its SIGTERM would wait for clients.
    signal(pid, service === 'postgres' ? 'SIGINT' : 'SIGTERM');
    if (!(await waitForEnd(pid, PATIENCE_MS)) && isOurs()) {
      signal(pid, 'SIGKILL');
      if (!(await waitForEnd(pid, KILL_MS))) {
        throw new StartError(
          `The ${service} of an earlier run (process ${pid}) does not end: end it by hand.`,
        );
      }
    }
  }
  rmSync(file, { force: true });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}
