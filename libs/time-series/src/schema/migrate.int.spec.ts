import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  type DatabaseKind,
  type TestDatabase,
  describeEachDatabase,
  leastPrivileged,
  waitFor,
} from '@tidewatch/testing';
import pg from 'pg';
import { SchemaTooNewError } from '../errors';
import { createDataSource } from './data-source';
import { ROLE_PRIVILEGES } from './grants';
import { LOCK_KEY, migrate, pendingMigrations } from './migrate';

const ALL = [
  'Readings1763900000001',
  'Consumers1763900000002',
  'MessageLog1763900000003',
  'Access1763900000004',
  'LogIdentity1763900000005',
  'Settings1763900000006',
  'Episodes1763900000007',
  'DetectionSettings1763900000008',
  'Findings1763900000009',
  'Watching1763900000010',
  'SettingsOfCheckpoints1763900000011',
  'StateInPlace1763900000012',
  'OpenRanges1763900000013',
];

describeEachDatabase('migrate', (kind: DatabaseKind) => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await kind.createEmpty();
  });
  afterEach(() => database.drop());

  test('makes a new schema, and does nothing the second time', async () => {
    expect(await pendingMigrations(database.url)).toEqual(ALL);
    const lines: string[] = [];
    const first = await migrate(database.url, { onProgress: (line) => lines.push(line) });
    expect(first.applied).toEqual(ALL);
    expect(lines[0]).toBe(`migrated: ${ALL.join(', ')}`);
    expect(first.timescale).toMatch(
      kind.timescale ? /^TimescaleDB 2\..*with columnstore$/ : /^plain PostgreSQL/,
    );
    await database.pool.query(`INSERT INTO readings VALUES ('2026-03-01', 1, 1)`);
    const second = await migrate(database.url);
    expect(second).toEqual({ ...first, applied: [] });
    expect(await pendingMigrations(database.url)).toEqual([]);
    const { rows } = await database.pool.query('SELECT series_id, value FROM readings');
    expect(rows).toEqual([{ series_id: 1, value: 1 }]);
  });

  test('may run from several places at once', async () => {
    const results = await Promise.all([1, 2, 3].map(() => migrate(database.url)));
    expect(results.map(({ applied }) => applied.length).sort()).toEqual([0, 0, ALL.length]);
    const { rows } = await database.pool.query('SELECT name FROM schema_migrations ORDER BY id');
    expect(rows).toEqual(ALL.map((name) => ({ name })));
  });

  test('a connection that is lost is an error like any other, and the next run completes', async () => {
    await migrate(database.url);
    const holder = await database.pool.connect();
    // Of this database: other tests migrate theirs on the same server at the same time.
    const locked = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = $1::bigint & 4294967295
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    try {
      // The migration waits for the table on another connection; that of the lock is idle.
      await holder.query('BEGIN; LOCK TABLE schema_migrations IN ACCESS EXCLUSIVE MODE');
      const lost = expect(migrate(database.url)).rejects.toThrow(/terminat|not queryable|closed/);
      await waitFor('the migration to wait', async () => {
        const { rowCount } = await database.pool.query(
          `SELECT FROM pg_locks WHERE relation = 'schema_migrations'::regclass AND NOT granted`,
        );
        return rowCount === 1;
      });
      await database.pool.query(`SELECT pg_terminate_backend(pid) FROM (${locked}) AS holders`, [LOCK_KEY]);
      await holder.query('ROLLBACK');
      await lost;
    } finally {
      holder.release(true);
    }
    expect((await migrate(database.url)).applied).toEqual([]);
  });

  test('refuses a database of a newer version, and leaves it as it is', async () => {
    await migrate(database.url);
    await database.pool.query(
      `INSERT INTO schema_migrations (timestamp, name) VALUES (9999999999999, 'Future9999999999999')`,
    );
    await expect(migrate(database.url)).rejects.toThrow(SchemaTooNewError);
    await expect(pendingMigrations(database.url)).rejects.toThrow(/newer version.*Future9999999999999/);
  });

  test('every table in the list of privileges exists', async () => {
    await migrate(database.url);
    for (const table of new Set(Object.values(ROLE_PRIVILEGES).flatMap(Object.keys))) {
      const { rows } = await database.pool.query('SELECT to_regclass($1) IS NOT NULL AS present', [table]);
      expect({ table, ...(rows[0] as object) }).toEqual({ table, present: true });
    }
  });

  if (kind.timescale) {
    test('readings are a hypertable with one policy, ordered and segmented for reading by series', async () => {
      await migrate(database.url);
      await migrate(database.url);
      const jobs = await database.pool.query(
        `SELECT hypertable_name, proc_name FROM timescaledb_information.jobs WHERE hypertable_name IS NOT NULL`,
      );
      expect(jobs.rows).toEqual([
        { hypertable_name: 'readings', proc_name: expect.stringMatching(/compression|columnstore/) },
      ]);
    });

    test('readings that were there before the extension move into chunks of a day', async () => {
      const settings = { databaseUrl: database.url, applicationName: 'test', poolSize: 1 };
      const source = await createDataSource(settings).initialize();
      await source.runMigrations();
      await source.destroy();
      const days = `generate_series('2026-03-01T00:00Z'::timestamptz, '2026-03-03T00:00Z', '1 hour')`;
      await database.pool.query(`INSERT INTO readings SELECT t, 1, 1 FROM ${days} t`);
      await migrate(database.url);
      const { rows } = await database.pool.query(
        `SELECT (SELECT count(*)::int FROM readings) AS readings, count(*)::int AS chunks
         FROM timescaledb_information.chunks WHERE hypertable_name = 'readings'`,
      );
      expect(rows).toEqual([{ readings: 49, chunks: 3 }]);
    });
  } else {
    test('roles that exist get their privileges and nothing else', async () => {
      const role = 'tidewatch_dashboard';
      const { roles } = await migrate(database.url);
      expect(roles).toContain(role);
      const client = new pg.Client({ connectionString: await leastPrivileged(database, role) });
      await client.connect();
      try {
        expect((await client.query('SELECT FROM api_keys')).rowCount).toBe(0);
        await expect(client.query('DELETE FROM api_keys')).rejects.toMatchObject({ code: '42501' });
        await expect(client.query('SELECT FROM readings')).rejects.toMatchObject({ code: '42501' });
      } finally {
        await client.end();
      }
    });
  }
});
