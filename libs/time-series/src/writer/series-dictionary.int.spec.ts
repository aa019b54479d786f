import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type SeriesKey, seriesKey } from '@tidewatch/readings';
import { type TestDatabase, createTestDatabase } from '@tidewatch/testing';
import { SeriesDictionary } from './series-dictionary';

const keys = (count: number): SeriesKey[] =>
  Array.from({ length: count }, (_, i) => seriesKey(`device-${i}`, 'm', [['site', 'n']]));

describe('SeriesDictionary', () => {
  let database: TestDatabase;
  let queries: number;
  const counting = (): Pick<TestDatabase['pool'], 'query'> =>
    new Proxy(database.pool, {
      get(target, name) {
        if (name === 'query') queries += 1;
        return Reflect.get(target, name, target) as unknown;
      },
    });

  beforeEach(async () => {
    database = await createTestDatabase();
    queries = 0;
  });
  afterEach(() => database.drop());

  test('inserts what is unknown once, and then knows it without asking', async () => {
    const dictionary = new SeriesDictionary(counting());
    const asked = [...keys(3), ...keys(3)];
    const ids = await dictionary.resolve(asked);
    expect([...ids.subarray(0, 3)]).toEqual([...ids.subarray(3)]);
    expect(new Set(ids).size).toBe(3);
    expect(queries).toBe(2);
    expect(await dictionary.resolve(asked)).toEqual(ids);
    expect(queries).toBe(2);
    const { rows } = await database.pool.query('SELECT device, metric, tags FROM series ORDER BY id LIMIT 1');
    expect(rows).toEqual([{ device: expect.stringMatching(/^device-/), metric: 'm', tags: { site: 'n' } }]);
  });

  test('keeps series apart whatever their names contain', async () => {
    const odd = [
      seriesKey('a', 'b'),
      seriesKey('a"b', ''),
      seriesKey('a\\', '{b,c}'),
      seriesKey('a', 'b', [['c', 'd']]),
      seriesKey('a', 'b', [
        ['c', 'd'],
        ['__proto__', 'x'],
      ]),
      seriesKey('ä€😀', 'NULL'),
    ];
    const ids = await new SeriesDictionary(database.pool).resolve(odd);
    expect(new Set(ids).size).toBe(odd.length);
    expect(await new SeriesDictionary(database.pool).resolve(odd)).toEqual(ids);
    const { rows } = await database.pool.query('SELECT device, metric, tags::text FROM series ORDER BY id');
    expect(rows).toContainEqual({ device: 'ä€😀', metric: 'NULL', tags: '{}' });
    expect(rows).toContainEqual({ device: 'a', metric: 'b', tags: '{"c": "d", "__proto__": "x"}' });
  });

  test('several writers that race for the same new series agree, and no id is given twice', async () => {
    const all = keys(400);
    const orders = [all, [...all].reverse(), all.slice(100).concat(all.slice(0, 100)), all];
    const results = await Promise.all(
      orders.map(async (order) => {
        const ids = await new SeriesDictionary(database.pool).resolve(order);
        return new Map(order.map((key, i) => [key.device, ids[i]!]));
      }),
    );
    for (const result of results) {
      for (const [device, id] of result) expect(results[0]!.get(device)).toBe(id);
    }
    const { rows } = await database.pool.query('SELECT count(*)::int AS series FROM series');
    expect(rows).toEqual([{ series: 400 }]);
  });

  test('forgets beyond its capacity, and finds again what it forgot', async () => {
    const dictionary = new SeriesDictionary(counting(), 10);
    const ids = await dictionary.resolve(keys(40));
    const before = queries;
    expect(await dictionary.resolve(keys(40))).toEqual(ids);
    expect(queries).toBeGreaterThan(before);
  });
});
