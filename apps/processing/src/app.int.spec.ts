import { expect, test } from '@jest/globals';
import { TOPICS } from '@tidewatch/contracts';
import { createMessageLog, ensureTopics, messagingOptions } from '@tidewatch/messaging';
import { encodeBlock, partitionOfDevice, ReadingBatchBuilder, seriesKey } from '@tidewatch/readings';
import { createService, parseConfig } from '@tidewatch/service-kit';
import { createTestDatabase, waitFor } from '@tidewatch/testing';
import { AppModule } from './app.module';
import { processing } from './config';

test('the service takes readings from the log, says how it is, and commits when it stops', async () => {
  const database = await createTestDatabase();
  const config = parseConfig(processing.config, {
    PORT: '0',
    LOG_LEVEL: 'silent',
    DATABASE_URL: database.url,
    SESSION_KEY: 'k'.repeat(32),
  });
  const options = messagingOptions(config, { name: 'test', pool: database.pool });
  await ensureTopics(options);
  const log = createMessageLog(options);
  const service = await createService(processing, config, () => AppModule);
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
  } finally {
    expect(await service.stop()).toBe(0);
    const { rows } = await database.pool.query('SELECT count(*)::int AS states FROM stream_state');
    expect(rows).toEqual([{ states: 2 }]);
    await log.close();
    await database.drop();
  }
});
