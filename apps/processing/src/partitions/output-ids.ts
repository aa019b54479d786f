import { createHash } from 'node:crypto';

/**
 * Ids are derived from what they stand for, so that a replay gives the same ones: the first 16 bytes of a SHA-256 in hex.
 * The kind of output is part of it; `seriesHash` has a fixed length, so nothing is ambiguous.
 */
function outputId(kind: string, seriesHash: Uint8Array, rest: string): string {
  return createHash('sha256').update(seriesHash).update(`${kind}:${rest}`).digest('hex').slice(0, 32);
}

export function windowId(seriesHash: Uint8Array, sizeMs: number, startMs: number): string {
  return outputId('window', seriesHash, `${sizeMs}:${startMs}`);
}

export function anomalyId(seriesHash: Uint8Array, detector: string, timeUs: number): string {
  return outputId('anomaly', seriesHash, `${detector}:${timeUs}`);
}
