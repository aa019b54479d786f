import { describe, expect, test } from '@jest/globals';
import { SnapshotError } from '@tidewatch/anomaly-detection';
import * as fc from 'fast-check';
import { ByteReader, ByteWriter } from '../state/bytes';
import { bucketOf, middleOf, raised } from './buckets';
import { MOST_BUCKETS, NO_SKETCH, SketchPool } from './sketch-pool';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0);
const value = fc.oneof(finite, fc.double({ min: -50, max: 50, noNaN: true }).map((x) => x + 0)); // prettier-ignore
/** Enough of them to make a sketch collapse, often. */
const values = fc.array(value, { minLength: 1, maxLength: 600 });

function sketchOf(pool: SketchPool, list: readonly number[]): number {
  return list.reduce((sketch, x) => pool.add(sketch, x), NO_SKETCH);
}

function bytesOf(pool: SketchPool, sketch: number): string {
  const writer = new ByteWriter();
  pool.write(sketch, writer);
  return Buffer.from(writer.written()).toString('hex');
}

/** By definition: the lowest level at which the values fall into few enough buckets. */
function levelOf(list: readonly number[]): number {
  let level = 0;
  while (new Set(list.map((x) => bucketOf(x, level))).size > MOST_BUCKETS) level += 1;
  return level;
}

describe('buckets', () => {
  test('ascend with the values, and the middle is within 1/128 of each', () => {
    fc.assert(
      fc.property(finite, finite, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        expect(bucketOf(low, 0)).toBeLessThanOrEqual(bucketOf(high, 0));
        // The end of the last bucket is infinite: who knows the maximum bounds it.
        if (Math.abs(a) < 2 ** -1022 || bucketOf(Math.abs(a), 0) === bucketOf(Number.MAX_VALUE, 0)) return;
        expect(Math.abs(middleOf(bucketOf(a, 0), 0) / 2 - a / 2)).toBeLessThanOrEqual(Math.abs(a) / 256);
      }),
      { numRuns: 2_000 },
    );
  });

  test('of a higher level are pairs of those below, whatever the sign', () => {
    fc.assert(
      fc.property(finite, fc.nat(8), fc.nat(8), (x, level, more) => {
        expect(raised(bucketOf(x, level), more) + 0).toBe(bucketOf(x, level + more) + 0);
      }),
    );
  });
});

describe('a sketch', () => {
  test('gives each rank within the error of its level', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, q) => {
        const pool = new SketchPool();
        const sketch = sketchOf(pool, list);
        const rank = Math.floor(q * (list.length - 1));
        const exact = Float64Array.from(list).sort()[rank]!;
        const level = levelOf(list);
        expect(pool.valueAt(sketch, rank)).toBe(middleOf(bucketOf(exact, level), level));
      }),
      { numRuns: 500 },
    );
  });

  test('depends neither on order nor on merging', () => {
    fc.assert(
      fc.property(values, fc.nat(600), fc.nat(600), (list, a, b) => {
        const pool = new SketchPool();
        const whole = bytesOf(pool, sketchOf(pool, list));
        expect(bytesOf(pool, sketchOf(pool, [...list].sort()))).toBe(whole);
        const [first, second] = [Math.min(a, b), Math.max(a, b)];
        const parts = [list.slice(0, first), list.slice(first, second), list.slice(second)];
        const merged = parts.reduce((sketch, part) => pool.merge(sketch, sketchOf(pool, part)), NO_SKETCH);
        expect(bytesOf(pool, merged)).toBe(whole);
      }),
      { numRuns: 500 },
    );
  });

  test('is restored from its bytes, and goes on as it would have', () => {
    fc.assert(
      fc.property(values, values, (before, after) => {
        const pool = new SketchPool();
        const writer = new ByteWriter();
        pool.write(sketchOf(pool, before), writer);
        const other = new SketchPool();
        const restored = other.read(new ByteReader(writer.written()));
        const end = after.reduce((sketch, x) => other.add(sketch, x), restored);
        expect(bytesOf(other, end)).toBe(bytesOf(pool, sketchOf(pool, [...before, ...after])));
      }),
    );
  });

  test('takes no more than 1 KB, and freed room is used again', () => {
    const pool = new SketchPool();
    const many = Array.from({ length: 10_000 }, (_, i) => (i - 5_000) ** 3);
    const room = () => (pool as unknown as { ints: Int32Array }).ints.length;
    const sketch = sketchOf(pool, many);
    expect(Buffer.from(bytesOf(pool, sketch), 'hex').length).toBeLessThan(1_024);
    pool.free(sketch);
    const before = room();
    for (let i = 0; i < 50; i++) pool.free(sketchOf(pool, many));
    expect(room()).toBe(before);
  });

  test('of damaged bytes is refused', () => {
    const read = (...bytes: number[]) => new SketchPool().read(new ByteReader(Uint8Array.from(bytes)));
    expect(() => read(0, 2, 2, 1, 0, 1)).toThrow(SnapshotError);
    expect(() => read(18, 1, 2, 1)).toThrow(SnapshotError);
    expect(() => read(0, 0)).toThrow(SnapshotError);
    expect(() => read(0, 127, 2, 1)).toThrow(SnapshotError);
    expect(read(0, 2, 2, 1, 1, 1)).toBe(0);
  });
});
