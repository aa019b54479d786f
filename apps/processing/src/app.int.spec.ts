import { expect, test } from '@jest/globals';
import { TOPICS } from '@tidewatch/contracts';
import {
  createControlClient,
  createMessageLog,
  ensureTopics,
  messagingOptions,
  publishControl,
} from '@tidewatch/messaging';
import { encodeBlock, partitionOfDevice, ReadingBatchBuilder, seriesKey } from '@tidewatch/readings';
import { createService, parseConfig } from '@tidewatch/service-kit';
import { createTestDatabase, leastPrivileged, waitFor } from '@tidewatch/testing';
import { AppModule } from './app.module';
import { processing } from './config';
import { configure } from './configure';

test('the service takes readings from the log, says how it is, and commits when it stops', async () => {
  const database = await createTestDatabase();
  const settings = { PORT: '0', LOG_LEVEL: 'silent', SESSION_KEY: 'k'.repeat(32) };
  const config = parseConfig(processing.config, {
    ...settings,
    DATABASE_URL: await leastPrivileged(database, 'tidewatch_processing'),
  });
  const options = messagingOptions(config, { name: 'test', pool: database.pool });
  await ensureTopics(options);
  const log = createMessageLog(options);
  const service = await createService(processing, config, () => AppModule, { configure });
  const get = async (path: string) => (await fetch(service.internalUrl + path)).text();
  try {
    await waitFor('readiness', async () => (await fetch(`${service.internalUrl}/readyz`)).ok);
    const builder = new ReadingBatchBuilder();
    for (let i = 0; i < 5; i++) builder.append(seriesKey('pump-1', 'flow'), i * 1_000_000, i);
    builder.append(seriesKey('pump-1', 'flow'), 4_000_000, 9);
    const value = encodeBlock(builder.view());
    await log.append(TOPICS.readings, [{ partition: partitionOfDevice('pump-1', 12), key: 'pump-1', value }]);
    const metrics = await waitFor('metrics', async () => {
      const text = await get('/metrics');
      return text.includes('outcome="processed"') ? text : undefined;
    });
    expect(metrics).toContain('tidewatch_processing_readings_total{outcome="processed"} 5');
    expect(metrics).toContain('tidewatch_processing_readings_total{outcome="duplicate"} 1');

    await database.pool.query(
      `INSERT INTO detection_settings VALUES ('metric', 'flow', 7, '{"sensitivity":"off"}')`,
    );
    const control = createControlClient(options, log);
    await publishControl(control, { kind: 'settings-changed' });
    // Long before it would look by itself.
    await waitFor(
      'the settings to take effect',
      async () => {
        await log.append(TOPICS.readings, [
          { partition: partitionOfDevice('pump-1', 12), key: 'pump-1', value },
        ]);
        const { rows } = await database.pool.query('SELECT revision::int FROM partition_settings');
        return rows.length === 1 && (rows[0] as { revision: number }).revision === 7;
      },
      5_000,
    );
    await control.close();
  } finally {
    expect(await service.stop()).toBe(0);
    const { rows } = await database.pool.query('SELECT count(*)::int AS states FROM stream_state');
    expect(rows).toEqual([{ states: 2 }]);
    await log.close();
    await database.drop();
  }
});
