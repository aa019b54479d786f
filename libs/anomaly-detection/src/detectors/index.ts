import type { DetectorKind } from '../detector';
import { UnknownDetectorError } from '../errors';
import { agreement } from './agreement/agreement';

/** Every detector there is, the default first. A new one is a folder here and a line in this list. */
export const DETECTORS: readonly DetectorKind[] = [agreement];

/** Throws `UnknownDetectorError`. */
export function detectorKind(name: string): DetectorKind {
  const kind = DETECTORS.find((candidate) => candidate.name === name);
  if (!kind) {
    const known = DETECTORS.map((candidate) => candidate.name).join(', ');
    throw new UnknownDetectorError(`no detector "${name}"; there is: ${known}`);
  }
  return kind;
}
