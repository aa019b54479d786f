import { SnapshotError } from '../errors';
import { LIMIT_NAMES, type LimitName } from './judges';
import { RUN_NUMBERS } from './run';

const VERSION = 1;

/** A limit's own numbers, and those of its run. */
export interface StoredLimit {
  readonly name: LimitName;
  readonly gauge: readonly number[];
  readonly run: readonly number[];
}

/** Version (1 byte); then of each limit its kind (1 byte), how many numbers are its own (1 byte), these and those of its run as doubles. */
export function writeSnapshot(limits: readonly StoredLimit[]): Uint8Array {
  if (limits.length === 0) return new Uint8Array(0);
  const length = limits.reduce((sum, { gauge, run }) => sum + 2 + (gauge.length + run.length) * 8, 1);
  const view = new DataView(new ArrayBuffer(length));
  view.setUint8(0, VERSION);
  let at = 1;
  for (const { name, gauge, run } of limits) {
    view.setUint8(at, LIMIT_NAMES.indexOf(name));
    view.setUint8(at + 1, gauge.length);
    at += 2;
    for (const number of [...gauge, ...run]) {
      view.setFloat64(at, number, true);
      at += 8;
    }
  }
  return new Uint8Array(view.buffer);
}

/** Throws `SnapshotError` on bytes of another version, or damaged ones where that is easily seen. */
export function readSnapshot(bytes: Uint8Array): StoredLimit[] {
  if (bytes.length === 0) return [];
  if (bytes[0] !== VERSION) throw new SnapshotError(`state of limits of an unknown version: ${bytes[0]}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const limits: StoredLimit[] = [];
  let at = 1;
  const take = (count: number): number[] =>
    Array.from({ length: count }, () => {
      at += 8;
      return view.getFloat64(at - 8, true);
    });
  while (at < bytes.length) {
    const name = LIMIT_NAMES[bytes[at]!];
    const own = bytes[at + 1] ?? 0;
    if (name === undefined || at + 2 + (own + RUN_NUMBERS) * 8 > bytes.length) {
      throw new SnapshotError('damaged state of limits');
    }
    at += 2;
    limits.push({ name, gauge: take(own), run: take(RUN_NUMBERS) });
  }
  return limits;
}
