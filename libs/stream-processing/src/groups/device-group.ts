import { createHash } from 'node:crypto';
import type { DeviceGroup } from '@tidewatch/contracts';

/** A group and its 16-byte hash. Do not write to the hash. */
export interface HashedGroup {
  readonly key: DeviceGroup;
  readonly hash: Uint8Array;
}

/** One string per group, whatever its names contain. */
export function canonicalGroup({ tag, value, metric }: DeviceGroup): string {
  return JSON.stringify([tag, value, metric]);
}

/** Of another form than what series are hashed from. */
export function groupHash(group: DeviceGroup): Uint8Array {
  return createHash('sha256').update(canonicalGroup(group), 'utf8').digest().subarray(0, 16);
}
