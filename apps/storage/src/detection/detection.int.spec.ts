import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  metricDetection,
  metricDetectionPage,
  type Problem,
  seriesDetection,
  seriesDetectionPage,
} from '@tidewatch/contracts';
import { waitFor } from '@tidewatch/testing';
import { type CallInit, callStorage } from '../testing/call-storage';
import { startStorage, type StorageForTests } from '../testing/start-storage';

const OFF = { sensitivity: 'off' };

describe('settings of detection', () => {
  let storage: StorageForTests;
  beforeAll(async () => {
    storage = await startStorage();
    await storage.database.pool.query(
      `INSERT INTO series (key_hash, device, metric, tags) SELECT decode(md5(n::text), 'hex'), 'pump', 'flow', jsonb_build_object('n', n::text)
       FROM generate_series(1, 3) AS n`,
    );
  });
  afterAll(async () => {
    expect(await storage.stop()).toBe(0);
  });

  const call = (method: string, path: string, init: CallInit = {}) =>
    callStorage(storage, method, `detection/${path}`, init);
  const announced = async (): Promise<number> => {
    const { rows } = await storage.database.pool.query<{ value: Buffer }>(
      `SELECT value FROM log_records WHERE topic = 'control.v1'`,
    );
    return rows.filter(({ value }) => value.toString() === '{"kind":"settings-changed"}').length;
  };

  test('of a metric are kept, announced, replaced and forgotten', async () => {
    const before = await announced();
    const created = await call('PUT', 'metrics/flow', { body: OFF });
    expect(created).toMatchObject({ status: 201, body: { metric: 'flow', ...OFF } });
    await waitFor('the announcement', async () => (await announced()) === before + 1);
    expect(await call('GET', 'metrics/flow', { key: storage.keys.read })).toEqual({
      ...created,
      status: 200,
    });
    const known = { 'if-none-match': created.etag };
    expect((await call('GET', 'metrics/flow', { headers: known })).status).toBe(304);
    const replaced = await call('PUT', 'metrics/flow', { body: {}, headers: { 'if-match': created.etag } });
    expect(replaced).toMatchObject({ status: 200, body: { metric: 'flow' } });
    expect(replaced.body).not.toHaveProperty('sensitivity');
    const stale = { headers: { 'if-match': created.etag } };
    expect((await call('PUT', 'metrics/flow', { body: OFF, ...stale })).status).toBe(412);
    expect((await call('DELETE', 'metrics/flow', stale)).status).toBe(412);
    expect((await call('DELETE', 'metrics/flow')).status).toBe(204);
    expect((await call('GET', 'metrics/flow')).status).toBe(404);
    expect((await call('DELETE', 'metrics/flow')).status).toBe(404);
    expect(await announced()).toBe(before + 3);
  });

  test('hold limits and a number, as they were put', async () => {
    const limits = {
      min: { value: -5 },
      max: { value: 90.5, forSeconds: 60, hysteresis: 2 },
      rate: { maxPerSecond: 0.25, hysteresis: 0 },
      stuck: { forSeconds: 3_600 },
    };
    const body = { sensitivity: 0.1, limits };
    const put = await call('PUT', 'metrics/limited', { body });
    expect(put).toMatchObject({ status: 201, body });
    expect(metricDetection.parse(put.body)).toEqual(put.body);
    expect((await call('GET', 'metrics/limited')).body).toEqual(put.body);
    const replaced = await call('PUT', 'metrics/limited', { body: { limits: {} } });
    expect(replaced).toMatchObject({ status: 200, body: { limits: {} } });
    expect(replaced.body).not.toHaveProperty('sensitivity');
    expect((await call('DELETE', 'metrics/limited')).status).toBe(204);
  });

  test('of a series are under its id', async () => {
    const created = await call('PUT', 'series/2', { body: { sensitivity: 'default' } });
    const series = { device: 'pump', metric: 'flow', tags: { n: '2' } };
    expect(created).toMatchObject({ status: 201, body: { seriesId: 2, series, sensitivity: 'default' } });
    expect(seriesDetection.parse(created.body)).toEqual(created.body);
    expect(await call('GET', 'series/2')).toEqual({ ...created, status: 200 });
    expect((await call('GET', 'series/1')).status).toBe(404);
    expect((await call('GET', 'series/99')).status).toBe(404);
    expect((await call('DELETE', 'series/99')).status).toBe(404);
    const unknown = await call('PUT', 'series/99', { body: OFF });
    expect(unknown.status).toBe(422);
    expect((unknown.body as Problem).errors?.map(({ pointer }) => pointer)).toEqual(['/id']);
    expect((await call('DELETE', 'series/2')).status).toBe(204);
  });

  test('are listed page by page, as they are now', async () => {
    for (const name of ['a', 'b', 'c']) await call('PUT', `metrics/${name}`, { body: OFF });
    await call('DELETE', 'metrics/b');
    const first = metricDetectionPage.parse((await call('GET', 'metrics?limit=1')).body);
    const cursor = `limit=1&cursor=${first.nextCursor!}`;
    const second = metricDetectionPage.parse((await call('GET', `metrics?${cursor}`)).body);
    expect([...first.items, ...second.items].map(({ metric }) => metric)).toEqual(['a', 'c']);
    expect(second.nextCursor).toBeNull();
    expect((await call('GET', `series?${cursor}`)).status).toBe(400);
    for (const id of [3, 1]) await call('PUT', `series/${id}`, { body: OFF });
    const page = await call('GET', 'series');
    expect(seriesDetectionPage.parse(page.body).items.map(({ seriesId }) => seriesId)).toEqual([1, 3]);
    expect((await call('GET', 'series', { headers: { 'if-none-match': page.etag } })).status).toBe(304);
  });

  test('are kept as they were for partitions that have yet to come to them, and no longer', async () => {
    const { pool } = storage.database;
    const revisions = async () => {
      const { rows } = await pool.query<{ revision: string }>(
        `SELECT revision FROM detection_settings WHERE subject = 'kept' ORDER BY revision`,
      );
      return rows.map(({ revision }) => revision);
    };
    const put = async (sensitivity: string) =>
      (await call('PUT', 'metrics/kept', { body: { sensitivity } })).etag.replaceAll('"', '');
    const [first, second] = [await put('off'), await put('default')];
    expect(await revisions()).toEqual([first, second]);
    await pool.query(`INSERT INTO partition_settings VALUES ('processing', 'readings.v1', 0, 5, ${first})`);
    const third = await put('off');
    expect(await revisions()).toEqual([first, second, third]);
    await pool.query(`UPDATE partition_settings SET revision = ${second}`);
    const fourth = await put('off');
    expect(await revisions()).toEqual([second, third, fourth]);
  });

  test.each([
    [{ sensitivity: 0 }, ['/sensitivity']],
    [{ sensitivity: 'loud' }, ['/sensitivity']],
    [{ sensitivity: null }, ['/sensitivity']],
    [{ limits: { max: { value: 90, forSeconds: 3_155_760_000 } } }, ['/limits/max/forSeconds']],
    [{ limits: { min: { value: 91 }, max: { value: 90 } } }, ['/limits/min/value']],
    [{ limits: { max: { value: 90, hysterese: 1 } } }, ['/limits/max/hysterese']],
    [{ sensitivity: 1_001, limits: { stuck: {} } }, ['/sensitivity', '/limits/stuck/forSeconds']],
    [[], ['']],
  ])('%j is refused, and the field is named', async (body, pointers) => {
    for (const path of ['metrics/x', 'series/1']) {
      const { status, body: problem } = await call('PUT', path, { body });
      expect(status).toBe(422);
      expect((problem as Problem).errors?.map(({ pointer }) => pointer)).toEqual(pointers);
    }
  });

  test('are changed by an admin only', async () => {
    const key = storage.keys.read;
    expect((await call('PUT', 'metrics/x', { body: OFF, key })).status).toBe(403);
    expect((await call('DELETE', 'series/1', { key })).status).toBe(403);
    expect((await call('PUT', 'metrics/a%00', { body: OFF })).status).toBe(422);
  });
});
