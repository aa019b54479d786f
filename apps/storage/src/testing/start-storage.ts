import { createApiKey } from '@tidewatch/auth';
import { createMessageLog, ensureTopics, type MessageLog, messagingOptions } from '@tidewatch/messaging';
import { createService, parseConfig, type RunningService } from '@tidewatch/service-kit';
import { createTestDatabase, leastPrivileged, type TestDatabase, waitFor } from '@tidewatch/testing';
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

export async function startStorage(more: Record<string, string> = {}): Promise<StorageForTests> {
  const database = await createTestDatabase();
  const settings = { PORT: '0', LOG_LEVEL: 'silent', SESSION_KEY: 'k'.repeat(32) };
  const owner = parseConfig(storage.config, { ...settings, DATABASE_URL: database.url });
  const config = parseConfig(storage.config, {
    ...settings,
    ...more,
    DATABASE_URL: await leastPrivileged(database, 'tidewatch_storage'),
  });
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
