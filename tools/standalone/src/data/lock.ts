import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { StartError, codeOf } from '../errors';
import { isAlive, startTimeOf } from '../processes/process-table';

interface Holder {
  readonly pid: number;
  /** When that process started, as the system counts it; tells a process from a later one with the same id. */
  readonly startTime: string | null;
}

/**
 * Takes the folder for this process. A lock whose process is gone is taken over; so is one that is not readable.
 * Returns the function that gives it back. Throws `StartError` when another process holds it.
 */
export function takeLock(file: string, folder: string): () => void {
  const own = JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) } satisfies Holder);
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, own);
  try {
    // A link appears complete or not at all, so nobody reads half a lock.
    for (let attempt = 0; attempt < 5; attempt++) {
      if (tryLink(mine, file)) return () => release(file, own);
      const text = readIfThere(file);
      if (text === undefined) continue;
      const holder = parseHolder(text);
      if (holder !== undefined && isRunning(holder)) throw inUse(folder, holder.pid);
      removeStale(file, text);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  throw inUse(folder, null);
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Two starts may find the same stale lock: whoever moves away something else than what it read puts that back. */
function removeStale(file: string, text: string): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if (readIfThere(aside) !== text) tryLink(aside, file);
  rmSync(aside, { force: true });
}

function release(file: string, own: string): void {
  if (readIfThere(file) === own) rmSync(file, { force: true });
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const pid = (value as Partial<Holder> | null)?.pid;
    if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0) return undefined;
    return { pid, startTime: (value as Partial<Holder>).startTime ?? null };
  } catch {
    return undefined;
  }
}

function isRunning(holder: Holder): boolean {
  if (!isAlive(holder.pid)) return false;
  const startTime = startTimeOf(holder.pid);
  return startTime === null || holder.startTime === null || startTime === holder.startTime;
}

function inUse(folder: string, pid: number | null): StartError {
  const who = pid === null ? 'another process' : `process ${pid}`;
  return new StartError(
    `Tidewatch already runs on ${folder} (${who}). Stop it first, or choose another folder with --data-dir and another --port.`,
  );
}
