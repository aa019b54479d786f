import { beforeEach, describe, expect, test } from '@jest/globals';
import type { KeyRecord } from './api-keys';
import { KeyCache } from './key-cache';

const record = (overrides: Partial<KeyRecord> = {}): KeyRecord => ({
  id: 'a',
  secretHash: Buffer.alloc(32),
  scopes: ['read'],
  revoked: false,
  ...overrides,
});

/** A database that answers when the test lets it. */
class FakeDatabase {
  readonly asked: string[] = [];
  answer: (id: string) => Promise<KeyRecord | null> = () => Promise.resolve(record());

  readonly lookUp = (id: string): Promise<KeyRecord | null> => {
    this.asked.push(id);
    return this.answer(id);
  };
}

let database: FakeDatabase;
let now: number;
let cache: KeyCache;
beforeEach(() => {
  database = new FakeDatabase();
  now = 1_000;
  cache = new KeyCache(database.lookUp, () => now);
});
const away = (): Promise<never> => Promise.reject(new Error('away'));
/** Lets promises that wait for nothing settle. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a key cache', () => {
  test('asks once, also for many at the same time and for keys that are not there', async () => {
    database.answer = (id) => Promise.resolve(id === 'a' ? record() : null);
    expect(await Promise.all([cache.get('a'), cache.get('a'), cache.get('b')])).toEqual([
      record(),
      record(),
      null,
    ]);
    expect([cache.peek('a'), cache.peek('b'), cache.peek('c')]).toEqual([record(), null, undefined]);
    expect(database.asked).toEqual(['a', 'b']);
  });

  test('refreshes a key in use in the background, before its time is up', async () => {
    await cache.get('a');
    now += 2_499;
    cache.peek('a');
    expect(database.asked).toHaveLength(1);
    now += 1;
    database.answer = () => Promise.resolve(record({ revoked: true }));
    expect(cache.peek('a')?.revoked).toBe(false);
    await settle();
    expect(cache.peek('a')?.revoked).toBe(true);
    expect(database.asked).toHaveLength(2);
  });

  test('does not refresh what is not there: an invented key costs one query in five seconds', async () => {
    database.answer = () => Promise.resolve(null);
    await cache.get('b');
    now += 4_999;
    expect(cache.peek('b')).toBeNull();
    expect(database.asked).toHaveLength(1);
    now += 1;
    expect(cache.peek('b')).toBeUndefined();
  });

  test('forgets what has changed', async () => {
    await cache.get('a');
    cache.invalidate('a');
    expect(cache.peek('a')).toBeUndefined();
  });

  test('does not keep an answer that was under way when the key changed', async () => {
    let finish: (value: KeyRecord) => void = () => undefined;
    database.answer = () => new Promise((resolve) => (finish = resolve));
    const first = cache.get('a');
    cache.invalidate('a');
    finish(record());
    expect(await first).toEqual(record());
    expect(cache.peek('a')).toBeUndefined();

    database.answer = () => Promise.resolve(record({ revoked: true }));
    expect((await cache.get('a'))?.revoked).toBe(true);
  });

  test('while the database is away a known key still works for an hour, and an unknown one is an error', async () => {
    await cache.get('a');
    database.answer = away;
    now += 5_000;
    expect(cache.peek('a')).toBeUndefined();
    expect(await cache.get('a')).toEqual(record());
    // For a second nobody waits for the database.
    expect(cache.peek('a')).toEqual(record());
    await settle();
    now += 1_000;
    expect(cache.peek('a')).toBeUndefined();
    await expect(cache.get('c')).rejects.toThrow('away');
    now += 3_600_000;
    await expect(cache.get('a')).rejects.toThrow('away');
  });

  test('does not wait for a database that hangs when the key was valid', async () => {
    await cache.get('a');
    database.answer = () => new Promise(() => undefined);
    now += 5_000;
    expect(await cache.get('a')).toEqual(record());
  });

  test('does not trust that a key which was not there still is not', async () => {
    database.answer = () => Promise.resolve(null);
    await cache.get('b');
    database.answer = away;
    now += 5_000;
    await expect(cache.get('b')).rejects.toThrow('away');
  });

  test('is bounded, and a flood of invented keys does not drive out one in use', async () => {
    database.answer = (id) => Promise.resolve(id === 'a' ? record() : null);
    await cache.get('a');
    for (let i = 0; i <= 20_000; i += 1) {
      await cache.get(String(i));
      if (i % 1_000 === 0) cache.peek('a');
    }
    expect(cache.peek('a')).toEqual(record());
    expect([cache.peek('0'), cache.peek('10000')]).toEqual([undefined, undefined]);
    expect([cache.peek('15001'), cache.peek('20000')]).toEqual([null, null]);
  });
});
