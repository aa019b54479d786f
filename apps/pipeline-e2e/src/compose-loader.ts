import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { cacheDirectory } from '@tidewatch/testing';

/** The library that reads files for `docker compose config`, with its JSON schema of the Compose specification. */
const LOADER = 'github.com/compose-spec/compose-go/v2/cmd@v2.16.2';
const FOLDER = cacheDirectory('compose-go-2.16.2');
const PROGRAM = path.join(FOLDER, 'cmd');

/** Why it cannot be had here, or null. */
export const missingForCompose: string | null =
  existsSync(PROGRAM) || spawnSync('go', ['version']).status === 0 ? null : 'Go is not installed';

/** Builds it once, into the cache. */
export function fetchComposeLoader(): void {
  if (existsSync(PROGRAM)) return;
  execFileSync('go', ['install', LOADER], { env: { ...process.env, GOBIN: FOLDER }, stdio: 'pipe' });
}

/** What it makes of these files together, in `folder`; or what it finds wrong with them. */
export function loadCompose(
  folder: string,
  files: readonly string[],
): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(PROGRAM, ['--format', 'json', ...files], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, said: status === 0 ? stdout : stdout + stderr };
}
