import { expect, test } from '@jest/globals';
import { UnknownDetectorError } from '../errors';
import { DETECTORS, detectorKind } from '.';

test('each detector is found by its own name', () => {
  for (const kind of DETECTORS) expect(detectorKind(kind.name)).toBe(kind);
  expect(new Set(DETECTORS.map((kind) => kind.name)).size).toBe(DETECTORS.length);
});

test('an unknown name is refused with the names there are', () => {
  expect(() => detectorKind('oracle')).toThrow(UnknownDetectorError);
  expect(() => detectorKind('oracle')).toThrow('no detector "oracle"; there is: agreement');
});
