import { describe, expect, test } from '@jest/globals';
import { parseReadings } from './readings-parser';
import { RequestRows } from './request-rows';
import { SeriesCatalog } from './series-catalog';

const RECEIVED_US = 1_700_000_000_000_000;
const good = { device: 'd', metric: 'm', value: 1 };

/** Times of the readings of a request by `device` and tags, in order. */
function timesBySeries(body: unknown, catalog: SeriesCatalog): Record<string, number[]> {
  const rows = new RequestRows();
  expect(parseReadings(body, { rows, receivedUs: RECEIVED_US }, catalog).kept).toEqual([]);
  const times: Record<string, number[]> = {};
  for (let i = 0; i < rows.length; i++) {
    const { device, tags } = rows.series[i]!.key;
    (times[[device, ...tags.flat()].join()] ??= []).push(rows.timeUs[i]! - RECEIVED_US);
  }
  return times;
}

describe('the catalog of series', () => {
  test('forgets everything when it is full, and goes on', () => {
    const catalog = new SeriesCatalog(12, 2_000);
    const first = catalog.add('d', 'm');
    for (let i = 0; i < 100; i++) catalog.add(`device-${i}`, 'm');
    expect(catalog.find('d', 'm')).toBeUndefined();
    expect(catalog.add('d', 'm').key).toEqual(first.key);
  });

  test('finds the same series without tags and with none in an object', () => {
    const catalog = new SeriesCatalog(12);
    const known = catalog.add('d', 'm');
    expect(catalog.find('d', 'm')).toBe(known);
    expect(catalog.findTagged('d', 'm', {})).toBe(known);
    expect(timesBySeries([good, { ...good, tags: {} }], catalog)).toEqual({ d: [0, 1] });
  });

  test('gives no time of receipt twice, although it forgot the series in between', () => {
    const tagged = { ...good, tags: { site: 'north' } };
    const others = Array.from({ length: 100 }, (_, i) => ({ ...good, device: `device-${i}` }));
    const body = [good, good, tagged, tagged, ...others, good, tagged];
    const times = timesBySeries(body, new SeriesCatalog(12, 2_000));
    for (const series of ['d', 'd,site,north']) {
      expect(times[series]).toHaveLength(3);
      expect(new Set(times[series]).size).toBe(3);
    }
  });
});
