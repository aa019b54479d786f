import { describe, expect, test } from '@jest/globals';
import { BoundedMap } from './bounded-map';

describe('a bounded map', () => {
  test('keeps the newest entries and tells which ones it forgot', () => {
    const forgotten: number[] = [];
    const map = new BoundedMap<number>(3, (value) => forgotten.push(value));
    for (let i = 0; i < 8; i++) expect(map.addNew(`k${i}`, i)).toBe(true);
    expect(map.values()).toEqual([5, 6, 7]);
    expect(map.size).toBe(3);
    expect(forgotten).toEqual([0, 1, 2, 3, 4]);
  });

  test('takes a key once, and again only after it was forgotten', () => {
    const map = new BoundedMap<string>(2);
    map.addNew('a', 'first');
    expect(map.addNew('a', 'second')).toBe(false);
    expect(map.values()).toEqual(['first']);
    map.addNew('b', 'b');
    map.addNew('c', 'c');
    expect(map.addNew('a', 'third')).toBe(true);
    expect(map.values()).toEqual(['c', 'third']);
  });
});
