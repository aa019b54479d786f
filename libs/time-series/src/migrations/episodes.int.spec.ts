import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anomaly } from '@tidewatch/contracts';
import { createTestDatabase, type TestDatabase } from '@tidewatch/testing';
import { History } from '../queries/history';
import { LazyDataSource } from '../queries/lazy-data-source';
import { createDataSource } from '../schema/data-source';
import { migrate } from '../schema/migrate';
import { Episodes1763900000007 } from './1763900000007-episodes';
import { OpenRanges1763900000013 } from './1763900000013-open-ranges';

let database: TestDatabase;
let source: ReturnType<typeof createDataSource>;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database.url);
  source = await createDataSource({
    databaseUrl: database.url,
    applicationName: 'test',
    poolSize: 2,
  }).initialize();
});

afterAll(async () => {
  await source.destroy();
  await database.drop();
});

test('single readings that were stored as anomalies become episodes that began and ended with them', async () => {
  const [runner, episodes] = [source.createQueryRunner(), new Episodes1763900000007()];
  await episodes.down(runner);
  await database.pool.query(`
    INSERT INTO series (key_hash, device, metric) VALUES ('\\x01', 'pump-7', 'pressure');
    INSERT INTO anomalies (id, series_id, time, value, expected_min, expected_max, score, severity, detector, explanation)
    SELECT 'old-' || score, 1, '2026-03-01T12:00:00.000250Z', 9.8, 4, 5, score, 'critical', 'z', 'odd'
    FROM unnest(ARRAY[0.8, 1]) AS score`);
  await episodes.up(runner);
  await runner.release();
  const { items } = await new History(new LazyDataSource(source)).anomalies(
    { device: 'pump-7' },
    { limit: 10 },
  );
  expect(items.map((item) => anomaly.parse(item))).toEqual(items);
  expect(items).toMatchObject([
    {
      ...{ id: 'old-0.8', revision: 0, state: 'closed', incidentId: 'old-0.8', peakValue: 9.8 },
      ...{ began: '2026-03-01T12:00:00.000250Z', ended: '2026-03-01T12:00:00.000250Z', durationSeconds: 0 },
      counterfactual: 'It would not have fired at a threshold above 0.8000.',
    },
    { id: 'old-1', ratio: 1e9 },
  ]);
  expect(items[0]!.ratio).toBeCloseTo(4, 9);
});

test('an open side of a range, which was the largest number, becomes none, and back', async () => {
  const [runner, openRanges] = [source.createQueryRunner(), new OpenRanges1763900000013()];
  const ranges = async () => {
    const { rows } = await database.pool.query<object>(
      'SELECT id, expected_min AS min, expected_max AS max FROM anomalies ORDER BY id',
    );
    return rows;
  };
  await openRanges.down(runner);
  await database.pool.query(`
    UPDATE anomalies SET expected_min = -1.7976931348623157e308 WHERE id = 'old-1';
    UPDATE anomalies SET expected_max = 1.7976931348623157e308 WHERE id = 'old-0.8'`);
  const before = await ranges();
  expect(before).toEqual([
    { id: 'old-0.8', min: 4, max: Number.MAX_VALUE },
    { id: 'old-1', min: -Number.MAX_VALUE, max: 5 },
  ]);
  await openRanges.up(runner);
  expect(await ranges()).toEqual([
    { id: 'old-0.8', min: 4, max: null },
    { id: 'old-1', min: null, max: 5 },
  ]);
  await openRanges.down(runner);
  expect(await ranges()).toEqual(before);
  await openRanges.up(runner);
  await runner.release();
});
