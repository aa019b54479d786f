import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** A program on the PATH, or among those that the checks of the chart keep in their cache. */
export function findProgram(name: string): string | undefined {
  const { PATH = '', TIDEWATCH_CLUSTER_HOME, XDG_CACHE_HOME = path.join(homedir(), '.cache') } = process.env;
  const kept = TIDEWATCH_CLUSTER_HOME ?? path.join(XDG_CACHE_HOME, 'tidewatch-cluster');
  const folders = [...PATH.split(path.delimiter), path.join(kept, 'bin')];
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}

/** What the program says. Throws an `Error` with its first line of complaint. */
export function output(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (status === 0) return stdout;
  throw new Error(
    `${path.basename(program)}: ${error?.message ?? (stderr.trim().split('\n').at(-1) || 'failed')}`,
  );
}
