import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { StartError, reasonOf } from '../errors';

/** Layout of the data folder. Raise it when an older Tidewatch could no longer open what this one writes. */
const FORMAT = 1;

export interface DataFolder {
  readonly path: string;
  readonly postgres: string;
  readonly secrets: string;
  readonly logs: string;
  /** Process ids and addresses of the running platform, for tests and scripts. */
  readonly run: string;
  readonly lock: string;
  /** True until the first start has come to its end. */
  readonly fresh: boolean;
  /** Call at the end of the first start. */
  markStarted(): void;
}

/** Opens or makes the folder. Throws `StartError` when it cannot be written or is of a newer version. */
export function openDataFolder(given: string): DataFolder {
  const root = path.resolve(given);
  try {
    makeFolder(root);
    const version = path.join(root, 'VERSION');
    if (!existsSync(version)) writeFileSync(version, `${FORMAT}\n`);
    checkVersion(root, readFileSync(version, 'utf8'));
    const folder = (name: string) => path.join(root, name);
    const started = folder('started');
    // Others may enter (PostgreSQL may run under another account) but see nothing of these.
    for (const name of ['secrets', 'logs', 'run']) mkdirSync(folder(name), { recursive: true, mode: 0o700 });
    return {
      path: root,
      postgres: folder('postgres'),
      secrets: folder('secrets'),
      logs: folder('logs'),
      run: folder('run'),
      lock: folder('lock'),
      fresh: !existsSync(started),
      markStarted: () => writeFileSync(started, `${new Date().toISOString()}\n`),
    };
  } catch (error) {
    throw error instanceof StartError ? error : unusable(root, error);
  }
}

/** Node's recursive mkdir never returns where a file system refuses new folders with ENOENT. */
function makePath(folder: string): void {
  if (existsSync(folder)) return;
  makePath(path.dirname(folder));
  mkdirSync(folder, { mode: 0o755 });
}

function makeFolder(root: string): void {
  makePath(root);
  if (!statSync(root).isDirectory()) throw Object.assign(new Error(root), { code: 'ENOTDIR' });
  accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
  // Access rights do not tell of a read-only or full disk.
  const probe = path.join(root, `.probe-${process.pid}`);
  writeFileSync(probe, 'x');
  rmSync(probe);
}

function checkVersion(root: string, text: string): void {
  const version = Number(text.trim());
  if (!Number.isInteger(version) || version < 1) {
    throw new StartError(
      `The file VERSION in the data folder ${root} is damaged: it says "${text.trim().slice(0, 20)}".`,
    );
  }
  if (version > FORMAT) {
    throw new StartError(
      `The data folder ${root} is of a newer Tidewatch (format ${version}; this one knows ${FORMAT}). Update Tidewatch, or choose another folder with --data-dir.`,
    );
  }
}

function unusable(root: string, cause: unknown): StartError {
  return new StartError(
    `The data folder ${root} cannot be used: ${reasonOf(cause)}. Choose another folder with --data-dir.`,
    { cause },
  );
}
