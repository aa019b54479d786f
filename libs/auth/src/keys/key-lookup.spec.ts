import { expect, test } from '@jest/globals';
import type { KeyRecord } from './api-keys';
import { KeyLookup } from './key-lookup';

const record = (id: string): KeyRecord => ({ id, secretHash: Buffer.alloc(32), scopes: [], revoked: false });

test('asks with one query at a time for all who came meanwhile', async () => {
  const queries: (readonly string[])[] = [];
  let finish: () => void = () => undefined;
  const lookup = new KeyLookup(async (ids) => {
    queries.push(ids);
    await new Promise<void>((resolve) => (finish = resolve));
    return new Map(ids.filter((id) => id !== 'none').map((id) => [id, record(id)]));
  });
  const first = lookup.get('a');
  const others = [lookup.get('b'), lookup.get('none'), lookup.get('b')];
  expect(queries).toEqual([['a']]);
  finish();
  expect(await first).toEqual(record('a'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(queries).toEqual([['a'], ['b', 'none']]);
  finish();
  expect(await Promise.all(others)).toEqual([record('b'), null, record('b')]);
});

test('a query that fails fails for those who wait for it, and the next one is made', async () => {
  let fail = true;
  const lookup = new KeyLookup((ids) =>
    fail ? Promise.reject(new Error('away')) : Promise.resolve(new Map(ids.map((id) => [id, record(id)]))),
  );
  await expect(lookup.get('a')).rejects.toThrow('away');
  fail = false;
  expect(await lookup.get('a')).toEqual(record('a'));
});

test('a flood is cut into queries of bounded size', async () => {
  const sizes: number[] = [];
  const lookup = new KeyLookup((ids) => {
    sizes.push(ids.length);
    return Promise.resolve(new Map<string, KeyRecord>());
  });
  await Promise.all(Array.from({ length: 1_201 }, (_, i) => lookup.get(String(i))));
  expect(sizes).toEqual([1, 500, 500, 200]);
});
