import { withdrawTestKafka } from '../kafka';
import type { PostgresServer } from '../postgres/server';
import { TEST_SERVER_URL, TEST_TEMPLATE, onServer } from '../postgres/test-database';

const shared = globalThis as typeof globalThis & { tidewatchTestServer?: { server?: PostgresServer } };

export default async function teardown(): Promise<void> {
  await withdrawTestKafka();
  const state = shared.tidewatchTestServer;
  if (state === undefined) return;
  shared.tidewatchTestServer = undefined;
  const url = process.env[TEST_SERVER_URL];
  const template = process.env[TEST_TEMPLATE];
  if (state.server !== undefined) await state.server.stop();
  else if (url !== undefined && template !== undefined)
    await onServer(url, `DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
}
