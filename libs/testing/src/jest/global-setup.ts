import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureLogins, migrate, ROLE_PRIVILEGES } from '@tidewatch/time-series';
import { offerTestKafka } from '../kafka';
import { type PostgresServer, startPostgres } from '../postgres/server';
import {
  onServer,
  TEST_PASSWORD,
  TEST_SERVER_URL,
  TEST_TEMPLATE,
  withDatabase,
} from '../postgres/test-database';

interface SharedServer {
  server?: PostgresServer;
}

/** Setup and teardown run in one process, in module registries of their own. */
const shared = globalThis as typeof globalThis & { tidewatchTestServer?: SharedServer };

/** Durability does not matter here, and tests create dozens of databases. */
const TEST_SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '128MB',
  max_connections: 300,
  autovacuum_naptime: '10s',
};

/**
 * One PostgreSQL for the whole run (or the one of TEST_DATABASE_URL), with a migrated template database.
 * Tests find both in the environment, see `createTestDatabase`. Kafka starts when the first test asks for it.
 */
export default async function setup(): Promise<void> {
  await offerTestKafka();
  if (process.env[TEST_SERVER_URL] !== undefined) return;
  const state: SharedServer = {};
  shared.tidewatchTestServer = state;
  const given = process.env['TEST_DATABASE_URL'];
  if (given === undefined) {
    state.server = await startPostgres({
      dataDir: mkdtempSync(path.join(tmpdir(), 'tidewatch-postgres-')),
      settings: TEST_SETTINGS,
      ephemeral: true,
    });
  }
  const url = given ?? state.server!.url;
  const password = randomBytes(12).toString('hex');
  await ensureLogins(url, Object.fromEntries(Object.keys(ROLE_PRIVILEGES).map((role) => [role, password])));
  const template = `tidewatch_template_${randomBytes(6).toString('hex')}`;
  await onServer(url, `CREATE DATABASE ${template}`);
  await migrate(withDatabase(url, template));
  process.env[TEST_SERVER_URL] = url;
  process.env[TEST_TEMPLATE] = template;
  process.env[TEST_PASSWORD] = password;
}
