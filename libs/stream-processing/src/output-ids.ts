import { createHash } from 'node:crypto';
import type { WindowValues } from './windows/window-layout';

type WindowPlace = Readonly<Pick<WindowValues, 'sizeMs' | 'stepMs' | 'startMs'>>;

/**
 * Ids are derived from what they stand for, so that a replay gives the same ones: the first 16 bytes of a SHA-256 in hex.
 * The kind of output is part of it; `seriesHash` has a fixed length, so nothing is ambiguous.
 */
function outputId(kind: string, seriesHash: Uint8Array, rest: string): string {
  return createHash('sha256').update(seriesHash).update(`${kind}:${rest}`).digest('hex').slice(0, 32);
}

/** Of a window that tumbles the step is not part of it: it is the size. */
export function windowId(seriesHash: Uint8Array, place: WindowPlace): string {
  return outputId('window', seriesHash, placeName(place));
}

/** Of what one partition of the readings knows of a window of a group. */
export function groupWindowId(groupHash: Uint8Array, partition: number, place: WindowPlace): string {
  return outputId('group-window', groupHash, `${partition}:${placeName(place)}`);
}

function placeName({ sizeMs, stepMs, startMs }: WindowPlace): string {
  return `${stepMs === sizeMs ? sizeMs : `${sizeMs}/${stepMs}`}:${startMs}`;
}

/** `identityUs` is the time of the first reading out of range, as it was told first. */
export function anomalyId(seriesHash: Uint8Array, detector: string, identityUs: number): string {
  return outputId('anomaly', seriesHash, `${detector}:${identityUs}`);
}

/** Of the anomalies of one device that belong together; `beganUs` is when the first of them began. */
export function incidentId(device: string, beganUs: number): string {
  const deviceHash = createHash('sha256').update(device).digest();
  return outputId('incident', deviceHash, `${beganUs}`);
}
