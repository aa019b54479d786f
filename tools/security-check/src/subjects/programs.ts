import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { clusterTool } from '@tidewatch/testing';

/** A program on the PATH, or among those that the checks of the chart keep in their cache. */
export function findProgram(name: string): string | undefined {
  const onPath = (process.env['PATH'] ?? '').split(path.delimiter).map((folder) => path.join(folder, name));
  return [...onPath, clusterTool(name)].find((file) => existsSync(file));
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
