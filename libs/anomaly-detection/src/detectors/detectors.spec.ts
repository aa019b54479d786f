import { expect, test } from '@jest/globals';
import { SnapshotError, UnknownDetectorError } from '../errors';
import { type Detector, newVerdict, observe } from '../detector';
import { DETECTORS, detectorKind } from '.';

test('each detector is found by its own name', () => {
  for (const kind of DETECTORS) expect(detectorKind(kind.name)).toBe(kind);
  expect(new Set(DETECTORS.map((kind) => kind.name)).size).toBe(DETECTORS.length);
});

test('an unknown name is refused with the names there are', () => {
  expect(() => detectorKind('oracle')).toThrow(UnknownDetectorError);
  expect(() => detectorKind('oracle')).toThrow('no detector "oracle"; there is: agreement');
});

test.each(DETECTORS)(
  '$name tells the deviation beside the score, and its statistics where it is out of range',
  (kind) => {
    const detector = kind.create();
    const verdict = newVerdict();
    let [alarms, outOfRange] = [0, 0];
    for (let i = 0; i < 2_000; i++) {
      const value = i % 500 > 490 ? 300 + i : 20 + ((i * 7919) % 13) / 10;
      observe(detector, i * 1_000_000, value, verdict);
      expect(verdict.score).toBeLessThanOrEqual(verdict.ratio / (1 + verdict.ratio));
      if (verdict.score >= 0.5) alarms += 1;
      if (verdict.ratio < 1) continue;
      outOfRange += 1;
      const strengths = verdict.strengths.slice(0, kind.statistics.length);
      expect(Math.max(...strengths)).toBeGreaterThan(0.5);
      expect(verdict.strengths.subarray(kind.statistics.length).every((it) => it === 0)).toBe(true);
    }
    expect(alarms).toBeGreaterThan(0);
    expect(outOfRange).toBeGreaterThanOrEqual(alarms);
  },
);

test.each(DETECTORS)('$name takes over the state of a snapshot, whatever it has seen itself', (kind) => {
  const value = (i: number): number => (i % 300 > 290 ? 90 : 20) + ((i * 7919) % 13) / 10;
  const feed = (detector: Detector, from: number, to: number): void => {
    for (let i = from; i < to; i++) observe(detector, i * 1_000_000, value(i), newVerdict());
  };
  const [one, other] = [kind.create(), kind.create()];
  feed(one, 0, 500);
  feed(other, 100, 1_900);
  other.restore(one.snapshot());
  expect(other.snapshot().slice()).toEqual(one.snapshot());
  feed(one, 500, 1_500);
  feed(other, 500, 1_500);
  expect(other.snapshot().slice()).toEqual(one.snapshot());
  expect(() => other.restore(new Uint8Array(0))).toThrow(SnapshotError);
});
