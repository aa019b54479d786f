import { ensureTopics } from '@tidewatch/messaging';
import { createService, parseConfig, type RunningService } from '@tidewatch/service-kit';
import { createTestDatabase, type TestDatabase } from '@tidewatch/testing';
import { pino } from 'pino';
import { createAppModule } from '../app.module';
import { gateway } from '../config';
import { configureGateway } from '../configure';
import { startFakeUpstream, type FakeUpstream } from './fake-upstream';

export interface GatewayBench {
  readonly service: RunningService;
  readonly database: TestDatabase;
  readonly ingestion: FakeUpstream;
  readonly storage: FakeUpstream;
  readonly dashboard: FakeUpstream;
  /** `fetch` on the public port. */
  call(path: string, init?: RequestInit): Promise<Response>;
  /** Another gateway on the same database and services. */
  another(): Promise<RunningService>;
  stop(): Promise<void>;
}

export const SESSION_KEY = 'a key for the tests of sessions, long';

/** A gateway on a database of its own with three fake services behind it. */
export async function startGateway(settings: Record<string, string> = {}): Promise<GatewayBench> {
  const database = await createTestDatabase();
  await ensureTopics({
    driver: 'postgres',
    connectionString: database.url,
    pool: database.pool,
    instanceId: 'test',
  });
  const [ingestion, storage, dashboard] = await Promise.all(
    ['ingestion', 'storage', 'dashboard'].map((name) => startFakeUpstream(name)),
  );
  if (!ingestion || !storage || !dashboard) throw new Error('three upstreams were started');
  const environment = {
    DATABASE_URL: database.url,
    SESSION_KEY,
    PORT: '0',
    INTERNAL_PORT: '0',
    INGESTION_URL: ingestion.url,
    STORAGE_URL: storage.url,
    DASHBOARD_URL: dashboard.url,
    ...settings,
  };
  const start = () =>
    createService(gateway, parseConfig(gateway.config, environment), createAppModule, {
      configure: configureGateway,
      logger: pino({ level: 'silent' }),
    });
  const service = await start();
  const started = [service];
  return {
    ...{ service, database, ingestion, storage, dashboard },
    call: (path, init) => fetch(new URL(path, service.url), init),
    async another() {
      const other = await start();
      started.push(other);
      return other;
    },
    async stop() {
      await Promise.all(started.map((one) => one.stop()));
      await Promise.all([ingestion, storage, dashboard].map((upstream) => upstream.stop()));
      await database.drop();
    },
  };
}
