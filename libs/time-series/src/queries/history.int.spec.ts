import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DatabaseKind, type TestDatabase, describeEachDatabase } from '@tidewatch/testing';
import { createDataSource } from '../schema/data-source';
import type { SeriesSelection } from './device-series';
import { History } from './history';
import { LazyDataSource } from './lazy-data-source';
import type { Page, PageRequest } from './page';

/** Ids 1 to 6: three devices with two metrics each; `c` has no readings. Readings each second from 12:00:00.000250 on. */
const SEED = `
  INSERT INTO series (key_hash, device, metric, tags, first_seen)
  SELECT decode(md5(d || m), 'hex'), d, m, '{"site":"n"}', '2026-03-01T11:00:00Z'
  FROM unnest(ARRAY['a','b','c']) AS d, unnest(ARRAY['x','y']) AS m ORDER BY d, m;
  INSERT INTO readings
  SELECT '2026-03-01T12:00:00.000250Z'::timestamptz + n * interval '1 s', s, n + s / 10.0
  FROM generate_series(0, 9) AS n, generate_series(1, 4) AS s;
  INSERT INTO anomalies (id, series_id, began, peak_value, expected_min, expected_max, score, severity, detector, explanation,
    revision, state, incident_id, peak_time, ended, duration_seconds, flagged_readings, ratio, statistics, related, counterfactual)
  SELECT 'id-' || n, 1 + n % 3, time, n, 0, 1, 0.5, CASE WHEN n % 2 = 0 THEN 'info' ELSE 'critical' END, 'z', 'odd',
    1, CASE WHEN n = 0 THEN 'open' ELSE 'closed' END, 'incident-' || n / 4, time,
    CASE WHEN n > 0 THEN time + interval '0.5 s' END, 0.5, 2, 1, '[]', '[]', 'less odd'
  FROM generate_series(0, 9) AS n, LATERAL (SELECT '2026-03-01T12:00:00.000250Z'::timestamptz + (n / 2) * interval '1 s' AS time) AS at;
  INSERT INTO dead_letters
  SELECT 'readings.v1', n % 2, 9007199254740993 + n, 'undecodable-block', 'd', convert_to('bytes ' || n, 'UTF8'), '{}',
    '2026-03-01T12:00:00Z'::timestamptz + (n / 2) * interval '1 ms'
  FROM generate_series(0, 4) AS n`;

async function all<Item>(
  limit: number,
  list: (request: PageRequest) => Promise<Page<Item>>,
): Promise<Item[]> {
  const items: Item[] = [];
  for (let after: PageRequest['after']; ;) {
    const page = await list(after ? { limit, after } : { limit });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    if (page.next === null) return items;
    expect(page.items.length).toBeGreaterThan(0);
    after = page.next;
  }
}

describeEachDatabase('History', (kind: DatabaseKind) => {
  let database: TestDatabase;
  let history: History;
  const source = () => createDataSource({ databaseUrl: database.url, applicationName: 'test', poolSize: 2 });
  let connected: ReturnType<typeof source>;

  beforeAll(async () => {
    database = await kind.create();
    await database.pool.query(SEED);
    connected = source();
    history = new History(new LazyDataSource(connected));
  });
  afterAll(async () => {
    await connected.destroy();
    await database.drop();
  });

  test.each([1, 2, 100])('devices by pages of %i, with the time of their newest reading', async (limit) => {
    const devices = await all(limit, (request) => history.devices(request));
    const firstSeen = '2026-03-01T11:00:00.000000Z';
    const lastReadingTime = '2026-03-01T12:00:09.000250Z';
    expect(devices).toEqual([
      { device: 'a', seriesCount: 2, firstSeen, lastReadingTime },
      { device: 'b', seriesCount: 2, firstSeen, lastReadingTime },
      { device: 'c', seriesCount: 2, firstSeen, lastReadingTime: null },
    ]);
  });

  test.each([1, 4, 100])('series by pages of %i, filtered', async (limit) => {
    const names = async (filter: object): Promise<string[]> =>
      (await all(limit, (request) => history.series(filter, request))).map(
        (s) => `${s.id}${s.device}${s.metric}`,
      );
    expect(await names({})).toEqual(['1ax', '2ay', '3bx', '4by', '5cx', '6cy']);
    expect(await names({ device: 'b' })).toEqual(['3bx', '4by']);
    expect(await names({ metric: 'y' })).toEqual(['2ay', '4by', '6cy']);
    expect(await names({ device: "b' OR true --", metric: 'y' })).toEqual([]);
    const [first] = (await history.series({}, { limit: 1 })).items;
    expect(first).toEqual({
      ...{ id: 1, device: 'a', metric: 'x', tags: { site: 'n' } },
      firstSeen: '2026-03-01T11:00:00.000000Z',
    });
  });

  test.each([1, 3, 10, 11])(
    'readings by pages of %i, in a range that includes its begin only',
    async (limit) => {
      const values = async (range: object): Promise<number[] | undefined> => {
        if ((await history.readings({ seriesId: 2, ...range }, { limit })) === undefined) return undefined;
        const items = await all(
          limit,
          async (request) => (await history.readings({ seriesId: 2, ...range }, request))!,
        );
        return items.map(({ value }) => value);
      };
      expect(await values({})).toEqual([0.2, 1.2, 2.2, 3.2, 4.2, 5.2, 6.2, 7.2, 8.2, 9.2]);
      const from = '2026-03-01T12:00:03.000250Z';
      const to = '2026-03-01T12:00:05.000250Z';
      expect(await values({ from, to })).toEqual([3.2, 4.2]);
      expect(await values({ from: '2026-03-01T12:00:03.000251Z', to })).toEqual([4.2]);
      expect(await values({ from: to, to: from })).toEqual([]);
      const page = await history.readings({ seriesId: 2, from }, { limit: 1 });
      expect(page!.items).toEqual([{ time: from, value: 3.2 }]);
    },
  );

  test('readings of a series without any are an empty page, those of an unknown one undefined', async () => {
    expect(await history.readings({ seriesId: 6 }, { limit: 5 })).toEqual({ items: [], next: null });
    expect(await history.readings({ seriesId: 99 }, { limit: 5 })).toBeUndefined();
  });

  test.each([1, 4, 10, 11])('readings as columns, %i at once', async (limit) => {
    const startUs = Date.UTC(2026, 2, 1, 12) * 1_000 + 250;
    const columns = async (fromUs: number, toUs: number) => {
      const { timeUs, value } = await history.readingColumns({ seriesId: 2, fromUs, toUs }, limit);
      return [...timeUs].map((time, i) => [time, value[i]]);
    };
    const all = Array.from({ length: 10 }, (_, n) => [startUs + n * 1e6, n + 0.2]);
    expect(await columns(0, 2 * startUs)).toEqual(all.slice(0, limit));
    expect(await columns(startUs + 3e6, startUs + 5e6)).toEqual(all.slice(3, 5).slice(0, limit));
    expect(await columns(startUs + 3e6 + 1, startUs + 5e6 + 1)).toEqual(all.slice(4, 6).slice(0, limit));
    expect(await columns(startUs, startUs)).toEqual([]);
  });

  test('where a run begins that is so many readings long', async () => {
    const startUs = Date.UTC(2026, 2, 1, 12) * 1_000 + 250;
    const starts = (readings: number, second: number) =>
      history.starts([4, 6, 1], { beforeUs: startUs + second * 1e6, readings });
    expect(await starts(3, 5)).toEqual([startUs + 2e6, undefined, startUs + 2e6]);
    expect(await starts(5, 5)).toEqual([startUs, undefined, startUs]);
    expect(await starts(500, 5)).toEqual([startUs, undefined, startUs]);
    expect(await starts(3, 0)).toEqual([undefined, undefined, undefined]);
    expect(await starts(0, 5)).toEqual([undefined, undefined, undefined]);
  });

  test('series of a device, those that were asked for first', async () => {
    const of = async (selection: SeriesSelection, limit = 9) => {
      const { series, ...counts } = await history.deviceSeries(selection, limit);
      return [series.map(({ id, metric, isSelected }) => `${id}${metric}${isSelected ? '!' : ''}`), counts];
    };
    const one = { selectedCount: 1, totalCount: 2 };
    expect(await of({ seriesId: 4 })).toEqual([['4y!', '3x'], one]);
    expect(await of({ device: 'b', metric: 'x', tags: {} }, 1)).toEqual([['3x!'], one]);
    expect(await of({ device: 'b', metric: 'x', tags: { site: 'n' } })).toEqual([['3x!', '4y'], one]);
    const none = { selectedCount: 0, totalCount: 2 };
    expect(await of({ device: 'b', metric: 'x', tags: { site: 's' } })).toEqual([['3x', '4y'], none]);
    expect(await of({ seriesId: 99 })).toEqual([[], { selectedCount: 0, totalCount: 0 }]);
    expect(await of({ device: 'z', metric: 'x', tags: {} })).toEqual([
      [],
      { selectedCount: 0, totalCount: 0 },
    ]);
  });

  test.each([1, 3, 100])('anomalies by pages of %i, the newest first, also at equal times', async (limit) => {
    const ids = async (filter: object): Promise<string> =>
      (await all(limit, (request) => history.anomalies(filter, request)))
        .map(({ id }) => id.slice(3))
        .join('');
    expect(await ids({})).toBe('8967452301');
    expect(await ids({ device: 'a' })).toBe('9674301');
    expect(await ids({ seriesId: 1 })).toBe('9630');
    expect(await ids({ device: 'b', metric: 'x' })).toBe('852');
    expect(await ids({ severity: 'critical' })).toBe('97531');
    expect(await ids({ state: 'open' })).toBe('0');
    expect(await ids({ state: 'closed', severity: 'info' })).toBe('8642');
    expect(await ids({ incident: 'incident-1' })).toBe('6745');
    // The range overlaps them: one goes on still, and two ended when it begins.
    expect(await ids({ from: '2026-03-01T12:00:01.50025Z', to: '2026-03-01T12:00:03.00025Z' })).toBe('45230');
    expect(await ids({ from: '2026-03-01T12:00:01.500251Z', to: '2026-03-01T12:00:03.00025Z' })).toBe('450');
  });

  test('between two pages new ones may come, before and behind, and none of the old is lost or given twice', async () => {
    const add = (id: string, time: string): Promise<unknown> =>
      database.pool.query(
        `INSERT INTO anomalies SELECT (jsonb_populate_record(a, jsonb_build_object('id', $1::text, 'began', $2::text, 'detector', 'added'))).*
         FROM anomalies AS a WHERE id = 'id-0'`,
        [id, time],
      );
    const first = await history.anomalies({}, { limit: 4 });
    await add('id-newest', '2026-03-02T00:00:00Z');
    await add('id-55', '2026-03-01T12:00:02.000250Z');
    const rest = await all(2, (request) => history.anomalies({}, { after: first.next!, ...request }));
    await database.pool.query(`DELETE FROM anomalies WHERE detector = 'added'`);
    expect([...first.items, ...rest].map(({ id }) => id.slice(3)).join(' ')).toBe('8 9 6 7 4 5 55 2 3 0 1');
  });

  test('an anomaly has its series and its time in microseconds', async () => {
    const { items } = await history.anomalies({}, { limit: 1 });
    expect(items).toEqual([
      {
        ...{ id: 'id-8', revision: 1, state: 'closed', incidentId: 'incident-2' },
        series: { device: 'b', metric: 'x', tags: { site: 'n' } },
        ...{ began: '2026-03-01T12:00:04.000250Z', peakTime: '2026-03-01T12:00:04.000250Z', peakValue: 8 },
        ...{ ended: '2026-03-01T12:00:04.500250Z', durationSeconds: 0.5, flaggedReadings: 2 },
        ...{
          expectedMin: 0,
          expectedMax: 1,
          score: 0.5,
          ratio: 1,
          deviation: null,
          statistics: [],
          related: [],
        },
        ...{ severity: 'info', detector: 'z', explanation: 'odd', counterfactual: 'less odd' },
      },
    ]);
  });

  test('an anomaly is told with the name and the unit that its metric has now', async () => {
    const finding = { kind: 'value', observed: 9, reason: 'a jump' };
    await database.pool.query(`UPDATE anomalies SET finding = $1 WHERE id = 'id-9'`, [finding]);
    const told = async (): Promise<[string, unknown]> => {
      const { items } = await history.anomalies({ device: 'a', severity: 'critical' }, { limit: 1 });
      return [items[0]!.explanation, items[0]!.finding];
    };
    const rest = '; expected 0–1; a jump; began 12:00:04 UTC, lasted 0.5 s.';
    expect(await told()).toEqual([`a x 9${rest}`, finding]);
    await database.pool.query(
      `INSERT INTO metrics (name, display_name, unit, revision) VALUES ('x', 'Suction pressure', 'bar', 1), ('y', 'Flow', 'm3/h', 2)`,
    );
    expect(await told()).toEqual([`a Suction pressure 9 bar${rest}`, finding]);
    await database.pool.query(`UPDATE metrics SET display_name = NULL, unit = '%' WHERE name = 'x'`);
    expect(await told()).toEqual([`a x 9%${rest}`, finding]);
    await database.pool.query(`DELETE FROM metrics; UPDATE anomalies SET finding = NULL`);
  });

  test.each([1, 2, 100])(
    'dead letters by pages of %i, with exact offsets and the original bytes',
    async (limit) => {
      const letters = await all(limit, (request) => history.deadLetters(request));
      expect(letters.map(({ partition, offset }) => `${partition}:${offset}`)).toEqual([
        '0:9007199254740997',
        '0:9007199254740995',
        '1:9007199254740996',
        '0:9007199254740993',
        '1:9007199254740994',
      ]);
      expect(letters[0]).toEqual({
        ...{ topic: 'readings.v1', partition: 0, offset: '9007199254740997', reason: 'undecodable-block' },
        ...{
          detail: 'd',
          value: Buffer.from('bytes 4').toString('base64'),
          time: '2026-03-01T12:00:00.002000Z',
        },
      });
    },
  );

  test('a question that takes too long is given up, says so, and keeps nobody else waiting', async () => {
    const settings = { databaseUrl: database.url, applicationName: 'test', poolSize: 1 };
    const impatientSource = createDataSource({ ...settings, statementTimeoutMs: 200 });
    const impatient = new History(new LazyDataSource(impatientSource));
    const lock = await database.pool.connect();
    try {
      await lock.query('BEGIN; LOCK TABLE series IN ACCESS EXCLUSIVE MODE');
      await expect(impatient.series({}, { limit: 1 })).rejects.toMatchObject({
        ...{ status: 503, code: 'unavailable', extra: { retryAfterSeconds: 10 } },
      });
      await lock.query('ROLLBACK');
      expect((await impatient.series({}, { limit: 1 })).items).toHaveLength(1);
    } finally {
      lock.release(true);
      await impatientSource.destroy();
    }
  });

  test('a page of large dead letters is cut short, and nothing is lost between pages', async () => {
    await database.pool.query(
      `INSERT INTO dead_letters SELECT 'large', 0, n, 'r', 'd', decode(repeat('00', 1500000), 'hex'), '{}', '2026-03-02'
       FROM generate_series(0, 4) AS n`,
    );
    const first = await history.deadLetters({ limit: 5 });
    expect(first.items.map(({ offset }) => offset)).toEqual(['0', '1', '2']);
    const letters = await all(5, (request) => history.deadLetters(request));
    expect(letters.filter(({ topic }) => topic === 'large').map(({ offset }) => offset)).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
    ]);
    expect(letters).toHaveLength(10);
  });
});

describe('History', () => {
  test('connects again after the database was away', async () => {
    const away = { databaseUrl: 'postgres://x:y@127.0.0.1:1/z', applicationName: 'test', poolSize: 1 };
    const history = new History(new LazyDataSource(createDataSource(away)));
    await expect(history.devices({ limit: 1 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(history.devices({ limit: 1 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
