import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PointBuffer } from './point-buffer';

const always = () => true;
const never = () => false;

describe('the point buffer', () => {
  test('keeps points ascending by time, each time once, the first value standing', () => {
    const buffer = new PointBuffer(64);
    for (const [time, value] of [
      [3_000, 3],
      [1_000, 1],
      [2_000, 2],
      [2_000, 99],
      [3_000, 99],
    ] as const) {
      buffer.add(time, value, always);
    }
    expect(buffer.toPoints()).toEqual({ timeMs: [1, 2, 3], value: [1, 2, 3] });
  });

  test('holds the newest half of its capacity at least', () => {
    const buffer = new PointBuffer(64);
    for (let i = 0; i < 1_000; i++) buffer.add(i * 1_000, i, always);
    const { timeMs } = buffer.toPoints();
    expect(timeMs.length).toBeGreaterThanOrEqual(32);
    expect(timeMs.length).toBeLessThanOrEqual(64);
    expect(timeMs.at(-1)).toBe(999);
    expect(timeMs).toEqual(timeMs.map((_, i) => 1_000 - timeMs.length + i));
  });

  test('does not take back what it has let go', () => {
    const buffer = new PointBuffer(32);
    for (let i = 100; i < 200; i++) buffer.add(i, i, never);
    const before = buffer.toPoints();
    buffer.add(50, 50, never);
    expect(buffer.toPoints()).toEqual(before);
  });

  test('stays as small as it is told', () => {
    const buffer = new PointBuffer(1_024);
    for (let i = 0; i < 10_000; i++) buffer.add(i, i, never);
    expect(buffer.bytes).toBe(PointBuffer.initialBytes);
    expect(buffer.length).toBeGreaterThanOrEqual(16);
  });

  test('gives the newest distinct points, whatever the order of arrival', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 400 }), (times) => {
        const buffer = new PointBuffer(64);
        for (const time of times) buffer.add(time, time, always);
        const kept = buffer.toPoints().timeMs;
        const sorted = [...new Set(times)].sort((a, b) => a - b).map((time) => time / 1000);
        expect(kept).toEqual(
          sorted.filter((time) => time >= (kept[0] ?? 0)).slice(-kept.length || sorted.length),
        );
        expect(kept.length).toBeGreaterThanOrEqual(Math.min(sorted.length, 32));
      }),
    );
  });
});
