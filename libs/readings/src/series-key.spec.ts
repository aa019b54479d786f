import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { murmur2, partitionOfDevice } from './partition';
import { canonicalSeriesKey, seriesHash, seriesKey, type Tag } from './series-key';

const text = fc.string({ unit: fc.constantFrom('a', '1', ':', '=', ',', '\0', '"', 'é'), maxLength: 4 });
const tags = fc.uniqueArray(fc.tuple(text, text), { maxLength: 3, selector: ([key]) => key });
const parts = fc.tuple(text, text, tags);

function sorted(list: readonly Tag[]): Tag[] {
  return [...list].sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('a series key', () => {
  test('does not depend on the order of tags', () => {
    fc.assert(
      fc.property(parts, ([device, metric, list]) => {
        const forward = seriesKey(device, metric, list);
        const backward = seriesKey(device, metric, [...list].reverse());
        expect(forward.tags).toEqual(sorted(list));
        expect(canonicalSeriesKey(backward)).toBe(canonicalSeriesKey(forward));
        expect(canonicalSeriesKey({ device, metric, tags: [...list].reverse() })).toBe(
          canonicalSeriesKey(forward),
        );
      }),
    );
  });

  test('has a canonical form of its own, whatever the names contain', () => {
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const same =
          JSON.stringify([a[0], a[1], sorted(a[2])]) === JSON.stringify([b[0], b[1], sorted(b[2])]);
        const equal = canonicalSeriesKey(seriesKey(...a)) === canonicalSeriesKey(seriesKey(...b));
        expect(equal).toBe(same);
      }),
      { numRuns: 5_000 },
    );
  });

  // Stored hashes depend on it: a change needs a migration.
  test('keeps its canonical form and its hash for ever', () => {
    const key = seriesKey('boiler-7', 'température', [
      ['site', 'north'],
      ['floor', '2'],
    ]);
    const canonical = '8:boiler-711:température5:floor1:24:site5:north';
    expect(canonicalSeriesKey(key)).toBe(canonical);
    const expected = createHash('sha256').update(canonical).digest('hex').slice(0, 32);
    expect(seriesHash(key).toString('hex')).toBe(expected);
    expect(seriesHash({ ...key }).toString('hex')).toBe(expected);
  });
});

describe('the partition of a device', () => {
  // From Apache Kafka's own test of its hash (UtilsTest.testMurmur2).
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hash of %s', (key, hash) => {
    expect(murmur2(key)).toBe(hash);
  });

  test('is always one of them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 100 }), (device, partitions) => {
        const partition = partitionOfDevice(device, partitions);
        expect(Number.isInteger(partition) && partition >= 0 && partition < partitions).toBe(true);
      }),
    );
  });

  test('spreads devices with running numbers evenly', () => {
    const counts = new Array<number>(12).fill(0);
    for (let i = 0; i < 12_000; i++) counts[partitionOfDevice(`device-${i}`, 12)]! += 1;
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1_150);
  });
});
