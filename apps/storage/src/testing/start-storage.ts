import { randomBytes } from 'node:crypto';
import { createApiKey } from '@tidewatch/auth';
import { createMessageLog, ensureTopics, type MessageLog, messagingOptions } from '@tidewatch/messaging';
import { createService, parseConfig, type RunningService } from '@tidewatch/service-kit';
import { createTestDatabase, type TestDatabase, waitFor } from '@tidewatch/testing';
import { migrate } from '@tidewatch/time-series';
import { AppModule } from '../app.module';
import { storage } from '../config';
import { configure } from '../configure';

/** The service on a database of its own, ready. */
export interface StorageForTests {
  readonly database: TestDatabase;
  readonly log: MessageLog;
  readonly service: RunningService;
  readonly keys: { readonly read: string; readonly admin: string };
  /** Resolves to the exit code of the service. */
  stop(): Promise<number>;
}

export async function startStorage(): Promise<StorageForTests> {
  const database = await createTestDatabase();
  const settings = { PORT: '0', LOG_LEVEL: 'silent', SESSION_KEY: 'k'.repeat(32) };
  const owner = parseConfig(storage.config, { ...settings, DATABASE_URL: database.url });
  const config = parseConfig(storage.config, { ...settings, DATABASE_URL: await leastPrivileged(database) });
  const options = messagingOptions(owner, { name: 'test', pool: database.pool });
  await ensureTopics(options);
  const log = createMessageLog(options);
  const keys = {
    read: (await createApiKey(database.pool, { name: 'reader', scopes: ['read'] })).key,
    admin: (await createApiKey(database.pool, { name: 'admin', scopes: ['admin'] })).key,
  };
  const service = await createService(storage, config, () => AppModule, { configure });
  await waitFor('readiness', async () => (await fetch(`${service.internalUrl}/readyz`)).ok);
  const stop = async (): Promise<number> => {
    const code = await service.stop();
    await log.close();
    await database.drop();
    return code;
  };
  return { database, log, service, keys, stop };
}

/** URL of the database for the role of the service, which may do no more than the list of privileges says. */
async function leastPrivileged(database: TestDatabase): Promise<string> {
  const password = randomBytes(12).toString('hex');
  await database.pool.query(
    `DO $$ BEGIN CREATE ROLE tidewatch_storage; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
  );
  await database.pool.query(`ALTER ROLE tidewatch_storage LOGIN PASSWORD '${password}'`);
  await migrate(database.url);
  const url = new URL(database.url);
  url.username = 'tidewatch_storage';
  url.password = password;
  return url.href;
}
