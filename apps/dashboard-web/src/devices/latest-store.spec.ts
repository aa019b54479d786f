import { describe, expect, test } from '@jest/globals';
import { groupByDevice, LatestStore } from './latest-store';

const latest = (device: string, metric: string, value: number) => ({
  series: { device, metric, tags: {} },
  timeMs: 1,
  value,
});
const body = (...values: ReturnType<typeof latest>[]) => ({ view: 'latest' as const, values });
const metrics = new Map([['hum', { name: 'hum', displayName: 'Moisture', updatedAt: '' }]]);
const namesOf = (store: LatestStore) =>
  store.rows().map(({ series, value }) => `${series.device}/${series.metric}=${value}`);

describe('the latest values', () => {
  test('a snapshot replaces, a frame adds; sorted as people count', () => {
    const store = new LatestStore();
    let told = 0;
    store.subscribe(() => told++);
    store.apply(body(latest('gone', 't', 0)), true);
    store.apply(body(latest('d10', 't', 1), latest('d2', 't', 2)), true);
    store.apply(body(latest('d2', 'a', 3), latest('d2', 't', 4)), false);
    expect(namesOf(store)).toEqual(['d2/a=3', 'd2/t=4', 'd10/t=1']);
    expect(told).toBe(3);
    expect(store.rows()).toBe(store.rows());
  });

  test('are found by device or metric and grouped, as many as wanted', () => {
    const store = new LatestStore();
    store.apply(
      body(latest('Boiler', 'temp', 1), latest('Boiler', 'hum', 2), latest('cellar', 'temp', 3)),
      true,
    );
    const { groups, total } = groupByDevice(store.rows(), { text: ' BOIL', metrics }, 10);
    expect(groups.map(({ device, rows }) => [device, rows.length])).toEqual([['Boiler', 2]]);
    expect(total).toBe(2);
    expect(groupByDevice(store.rows(), { text: 'temp', metrics }, 1)).toMatchObject({
      total: 2,
      groups: [{ device: 'Boiler' }],
    });
    expect(groupByDevice(store.rows(), { text: 'nothing', metrics }, 1)).toEqual({ total: 0, groups: [] });
    expect(groupByDevice(store.rows(), { text: 'moist', metrics }, 9)).toMatchObject({ total: 1 });
  });
});
