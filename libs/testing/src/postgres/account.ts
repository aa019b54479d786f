import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { PostgresStartError } from './errors';

/** The account that PostgreSQL runs under; empty for the own one. */
export interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

const ROOT = 0;
/** Accounts to take when root starts us, because PostgreSQL refuses to run as root. No account is ever created. */
const CANDIDATES = ['postgres', 'nobody'];

/** Who shall run a server on `dataDir`: the own account, or as root the folder's owner or an unprivileged account. */
export function accountFor(dataDir: string): Account {
  if (process.getuid?.() !== ROOT) return {};
  if (existsSync(path.join(dataDir, 'PG_VERSION'))) {
    const { uid, gid } = statSync(dataDir);
    if (uid !== ROOT) return { uid, gid };
  }
  for (const name of CANDIDATES) {
    const account = lookUp(name);
    if (account) return account;
  }
  throw new PostgresStartError(
    'no-account',
    `PostgreSQL does not run as root, and there is none of the accounts ${CANDIDATES.join(', ')}: start as an ordinary user`,
  );
}

function lookUp(name: string): Account | undefined {
  try {
    const id = (flag: string): number =>
      Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

/** Creates the folder (mode 700) for the account. Throws when it cannot be written, or when the account cannot get there. */
export function prepareFolder(dataDir: string, account: Account, binary: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    if (account.uid !== undefined && account.gid !== undefined) chownSync(dataDir, account.uid, account.gid);
  } catch (cause) {
    throw new PostgresStartError('data-dir-unreachable', `Cannot write the data folder ${dataDir}`, {
      cause,
    });
  }
  if (account.uid === undefined) return;
  const wall = [path.dirname(dataDir), path.dirname(binary)].flatMap(withParents).find((folder) => {
    const { mode, uid, gid } = statSync(folder);
    if (uid === account.uid) return (mode & 0o100) === 0;
    return gid === account.gid ? (mode & 0o010) === 0 : (mode & 0o001) === 0;
  });
  if (wall !== undefined) {
    throw new PostgresStartError(
      'data-dir-unreachable',
      `PostgreSQL does not run as root but as user ${account.uid}, which cannot enter ${wall}: start as an ordinary user, or allow it with chmod o+x ${wall}`,
    );
  }
}

function withParents(folder: string): string[] {
  const parent = path.dirname(folder);
  return parent === folder ? [folder] : [...withParents(parent), folder];
}
