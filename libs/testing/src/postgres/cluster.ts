import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Account } from './account';
import { POSTGRES_MAJOR } from './binaries';
import { PostgresStartError } from './errors';

const run = promisify(execFile);
const PASSWORD_FILE = 'superuser-password';

export const SUPERUSER = 'tidewatch';

/** The superuser's password of an initialised folder, which it keeps in a file of mode 600. */
export function readPassword(dataDir: string): string {
  return readFileSync(path.join(dataDir, PASSWORD_FILE), 'utf8').trim();
}

/** True when the folder holds a database of our version. Throws `data-dir-version` for another version. */
export function isInitialised(dataDir: string): boolean {
  const file = path.join(dataDir, 'PG_VERSION');
  if (!existsSync(file)) return false;
  const version = readFileSync(file, 'utf8').trim();
  if (version !== POSTGRES_MAJOR) {
    throw new PostgresStartError(
      'data-dir-version',
      `The data folder ${dataDir} is of PostgreSQL ${version}; this build runs PostgreSQL ${POSTGRES_MAJOR}`,
    );
  }
  return true;
}

/**
 * Makes a new cluster: UTF-8, the builtin C.UTF-8 collation (the same order on every machine), password authentication only.
 * It is built beside the folder and renamed, so a folder is either complete or not there.
 * Throws `data-dir-in-use` when the folder holds something that is not ours.
 */
export async function initialise(initdb: string, dataDir: string, account: Account): Promise<void> {
  if (readdirSync(dataDir).length > 0) {
    throw new PostgresStartError(
      'data-dir-in-use',
      `The folder ${dataDir} is neither empty nor a data folder`,
    );
  }
  const building = `${dataDir}.new`;
  const passwordFile = path.join(building, PASSWORD_FILE);
  const pwfile = `${dataDir}.password`;
  rmSync(building, { recursive: true, force: true });
  mkdirSync(building, { mode: 0o700 });
  writeFileSync(pwfile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  try {
    own(building, account);
    own(pwfile, account);
    const options = [
      `--pgdata=${building}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${pwfile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
    ];
    await run(initdb, options, { ...account, cwd: path.parse(dataDir).root, env: { PATH: '/usr/bin:/bin' } });
    copyFileSync(pwfile, passwordFile);
    own(passwordFile, account);
    renameSync(building, dataDir);
  } catch (cause) {
    rmSync(building, { recursive: true, force: true });
    const output = (cause as { stderr?: string }).stderr ?? '';
    throw new PostgresStartError('failed', `initdb failed in ${dataDir}. ${output.trim()}`, { cause });
  } finally {
    rmSync(pwfile, { force: true });
  }
}

function own(file: string, { uid, gid }: Account): void {
  if (uid !== undefined && gid !== undefined) chownSync(file, uid, gid);
}

/** The process of a lock file, and whether it is there. */
export interface LockHolder {
  readonly pid: number;
  readonly alive: boolean;
}

/**
 * Who holds the folder, by `postmaster.pid`. After kill -9 the file stays; PostgreSQL overwrites it when no such process runs, but
 * not when the number belongs to another program by now (common in containers): then the file is removed here.
 */
export function lockHolder(dataDir: string): LockHolder | undefined {
  const file = path.join(dataDir, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
  if (!Number.isInteger(pid) || !isAlive(pid)) return { pid, alive: false };
  if (isPostgres(pid)) return { pid, alive: true };
  rmSync(file, { force: true });
  return undefined;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Where the system cannot tell, assume that it is: a refusal is safe, two servers on one folder are not. */
function isPostgres(pid: number): boolean {
  try {
    const [program = ''] = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
    return path.basename(program).startsWith('postgres');
  } catch {
    return true;
  }
}
