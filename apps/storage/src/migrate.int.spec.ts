import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createEmptyDatabase, type TestDatabase } from '@tidewatch/testing';

/** Compiles what is required on the way, as the build does. */
const RUN = `
  const swc = require('@swc/core');
  require.extensions['.ts'] = (module, file) => module._compile(swc.transformFileSync(file).code, file);
  require(process.argv[1]);`;

async function migrate(
  environment: Record<string, string>,
  ...args: string[]
): Promise<{ code: number | null; lines: string[] }> {
  const child = spawn(process.execPath, ['-e', RUN, path.join(__dirname, 'migrate.ts'), ...args], {
    cwd: path.resolve(__dirname, '../../..'),
    env: { PATH: process.env['PATH'] ?? '', ...environment },
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [code, out, error] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, lines: (out + error).trim().split('\n') };
}

let database: TestDatabase;
beforeEach(async () => {
  database = await createEmptyDatabase();
});
afterEach(() => database.drop());

test('migrates, makes the topics, says what it did, and does nothing the second time', async () => {
  const first = await migrate({ DATABASE_URL: database.url });
  expect(first.code).toBe(0);
  expect(first.lines[0]).toMatch(/^migrated: Readings1763900000001, /);
  expect(first.lines).toContain('topic readings.v1: 12 partitions, created');
  const second = await migrate({ DATABASE_URL: database.url });
  expect(second.code).toBe(0);
  expect(second.lines[0]).toBe('the schema is up to date');
  expect(second.lines).toContain('topic readings.v1: 12 partitions, unchanged');
});

test('--help tells the settings and touches nothing', async () => {
  const { code, lines } = await migrate({}, '--help');
  expect(code).toBe(0);
  expect(lines.join('\n')).toMatch(/npm run migrate[^]*DATABASE_URL[^]*TOPIC_REPLICATION/);
});

test('says in one line what is wrong, with an exit code for each kind of fault', async () => {
  expect(await migrate({})).toEqual({ code: 2, lines: ['migrate: DATABASE_URL is required'] });
  const noKey = await migrate({ DATABASE_URL: database.url, BOOTSTRAP_KEY: 'tw_short' });
  expect(noKey).toEqual({ code: 2, lines: [expect.stringMatching(/^migrate: BOOTSTRAP_KEY must be tw_/)] });
  const away = await migrate({ DATABASE_URL: 'postgres://a:b@127.0.0.1:1/c' });
  expect(away).toEqual({ code: 1, lines: ['migrate: connect ECONNREFUSED 127.0.0.1:1'] });
  expect((await migrate({ DATABASE_URL: database.url })).code).toBe(0);
  await database.pool.query(
    `INSERT INTO schema_migrations (timestamp, name) VALUES (9999999999999, 'Future')`,
  );
  const tooNew = await migrate({ DATABASE_URL: database.url });
  expect(tooNew).toMatchObject({ code: 3, lines: [expect.stringMatching(/newer version .*Future/)] });
  // Five processes, each of which compiles what it runs.
}, 180_000);

test('refuses a log which is not the one that was read, in one line', async () => {
  const environment = { DATABASE_URL: database.url };
  expect((await migrate(environment)).code).toBe(0);
  await database.pool.query(
    `UPDATE log_partitions SET log_id = gen_random_uuid(), next_offset = 10 WHERE topic = 'readings.v1'`,
  );
  await database.pool.query(`UPDATE checkpoints SET next_offset = 5 WHERE topic = 'readings.v1'`);
  const { code, lines } = await migrate(environment);
  expect(code).toBe(4);
  expect(lines.slice(-1)).toEqual([
    expect.stringMatching(
      /^migrate: readings.v1 was read from another log .* Use the former log .*"checkpoints"\.$/,
    ),
  ]);
});
