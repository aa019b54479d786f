import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The files of a checkout that are, or would be, in git. */
export interface Tree {
  readonly root: string;
  /** Relative to the root, with `/` between. */
  readonly files: readonly string[];
  has(file: string): boolean;
  read(file: string): string;
  /** Whether git would leave a file out. */
  isIgnored(file: string): boolean;
}

/** Throws an `Error` with one line when the folder is no checkout. */
export function readTree(root: string): Tree {
  const git = (...args: string[]) =>
    spawnSync('git', ['-C', root, ...args], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const listed = git('ls-files', '-z', '--cached', '--others', '--exclude-standard');
  if (listed.status !== 0) throw new Error(`${root} is no checkout of git, or git is not installed`);
  const files = listed.stdout.split('\0').filter((file) => file !== '' && existsSync(path.join(root, file)));
  const known = new Set(files);
  return {
    root,
    files,
    has: (file) => known.has(file),
    read: (file) => readFileSync(path.join(root, file), 'utf8'),
    isIgnored: (file) => git('check-ignore', '--quiet', '--no-index', file).status === 0,
  };
}
