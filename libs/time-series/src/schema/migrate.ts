import pg from 'pg';
import { SchemaTooNewError } from '../errors';
import { CONNECT_TIMEOUT_MS, createDataSource, migrationNames } from './data-source';
import { applyGrants } from './grants';
import { applyTimescale } from './timescale';

export interface MigrateOptions {
  /** Told what happens, one line each. */
  readonly onProgress?: (message: string) => void;
}

export interface MigrateResult {
  /** Names of the migrations that were run by this call. */
  readonly applied: readonly string[];
  readonly timescale: string;
  /** Roles whose privileges were set. */
  readonly roles: readonly string[];
}

const SESSION = { applicationName: 'tidewatch-migrate', poolSize: 2 };

/** Any fixed number: the key of the advisory lock that lets one migration run at a time. */
export const LOCK_KEY = 7_434_601_927;

/**
 * Brings the database to the schema of this build: migrations, hypertables where TimescaleDB is, privileges of the roles that exist.
 * Idempotent and safe to run from several places at once: the others wait. Throws `SchemaTooNewError` before any change.
 */
export async function migrate(databaseUrl: string, options: MigrateOptions = {}): Promise<MigrateResult> {
  const progress = options.onProgress ?? (() => undefined);
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: SESSION.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // A connection that is lost is reported here too; the query that runs, or the next one, rejects as well.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
      LOCK_KEY,
    ]);
    if (!rows[0]?.taken) {
      progress('waiting for another migration to finish');
      await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY]);
    }
    const applied = await runMigrations(databaseUrl, progress);
    const timescale = await applyTimescale(client);
    progress(timescale);
    const roles = await applyGrants(client);
    if (roles.length > 0) progress(`privileges set for ${roles.join(', ')}`);
    return { applied, timescale, roles };
  } finally {
    // Ends the session, and with it the lock.
    await client.end();
  }
}

async function runMigrations(databaseUrl: string, progress: (message: string) => void): Promise<string[]> {
  const source = await createDataSource({ databaseUrl, ...SESSION }).initialize();
  try {
    const { known, applied } = await migrationNames(source);
    refuseUnknown(known, applied);
    const done = await source.runMigrations();
    const names = done.map((migration) => migration.name);
    progress(names.length > 0 ? `migrated: ${names.join(', ')}` : 'the schema is up to date');
    return names;
  } finally {
    await source.destroy();
  }
}

/** Names of the migrations which the database still lacks. Throws `SchemaTooNewError`. For readiness checks. */
export async function pendingMigrations(databaseUrl: string): Promise<string[]> {
  const source = await createDataSource({ databaseUrl, ...SESSION }).initialize();
  try {
    const { known, applied } = await migrationNames(source);
    refuseUnknown(known, applied);
    return known.filter((name) => !applied.includes(name));
  } finally {
    await source.destroy();
  }
}

function refuseUnknown(known: readonly string[], applied: readonly string[]): void {
  const unknown = applied.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new SchemaTooNewError(unknown);
}
