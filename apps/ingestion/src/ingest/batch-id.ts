import { randomUUID } from 'node:crypto';

/** A UUIDv7: in order of time, so a list of them reads like a log. The random bits are those of a UUIDv4. */
export function newBatchId(nowMs: number): string {
  const time = nowMs.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
