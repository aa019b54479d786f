import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** Set by the jest global setup: URL of the server of this run, and the name of its migrated template database. */
export const TEST_SERVER_URL = 'TIDEWATCH_TEST_SERVER_URL';
export const TEST_TEMPLATE = 'TIDEWATCH_TEST_TEMPLATE';

/** Set by it, too: the password of the services' roles. They belong to the server and not to one database, so tests that run at the same time share them. */
export const TEST_PASSWORD = 'TIDEWATCH_TEST_PASSWORD';

/** Set by hand: URL of a server with TimescaleDB, whose user may create databases. */
export const TIMESCALE_URL = 'TIMESCALE_URL';

export interface TestDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  /** Ends the pool and drops the database, with whatever connections others still hold. */
  drop(): Promise<void>;
}

/** A fresh migrated database, cloned from the run's template. For `int` and `e2e` tests. */
export function createTestDatabase(): Promise<TestDatabase> {
  return createDatabase(environment(TEST_TEMPLATE));
}

/** A fresh database without any table: for tests of migrations. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase('template0');
}

/** As `createEmptyDatabase`, on the server of `TIMESCALE_URL`. */
export function createEmptyTimescaleDatabase(): Promise<TestDatabase> {
  return createDatabase('template0', environment(TIMESCALE_URL));
}

/** A fresh migrated database on the server of `TIMESCALE_URL`. */
export async function createTimescaleDatabase(): Promise<TestDatabase> {
  // Here and not above: tools load this library as well, and need no ORM for it.
  const { migrate } = await import('@tidewatch/time-series');
  const database = await createEmptyTimescaleDatabase();
  await migrate(database.url);
  return database;
}

async function createDatabase(
  template: string,
  server = environment(TEST_SERVER_URL),
): Promise<TestDatabase> {
  const name = `tidewatch_test_${randomBytes(6).toString('hex')}`;
  await onServer(server, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = withDatabase(server, name);
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  // Tests kill connections on purpose; an idle one that dies must not end the process.
  pool.on('error', () => undefined);
  return {
    url,
    pool,
    async drop() {
      await pool.end();
      await onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

export function testPassword(): string {
  return environment(TEST_PASSWORD);
}

export async function onServer(serverUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

export function withDatabase(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run through the jest project "int" or "e2e"`);
  return value;
}
