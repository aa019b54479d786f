import { SnapshotError } from '../../errors';
import { CELL, CELLS, FLOATS, HISTORY_READINGS, WAITING_READINGS } from './layout';

export const KIND = 'agreement';
const KIND_BYTE = 0xa6;
const VERSION = 4;
const HEAD = 4;
/** Longest run of zeros, and of other numbers, behind one pair of bytes. */
const MAX_RUN = 255;

/**
 * Kind, version, two spare bytes, the doubles, and the floats as runs: how many zeros, how many others, those others. Histograms are
 * mostly zeros, so this is about half of the state.
 */
export function writeSnapshot(cells: Float64Array, floats: Float32Array): Uint8Array {
  const bytes = new Uint8Array(HEAD + CELLS * 8 + FLOATS * 6 + 2);
  const view = new DataView(bytes.buffer);
  bytes[0] = KIND_BYTE;
  bytes[1] = VERSION;
  let at = HEAD;
  for (const cell of cells) {
    view.setFloat64(at, cell, true);
    at += 8;
  }
  let index = 0;
  while (index < FLOATS) {
    const zeros = runLength(floats, index, true);
    const others = runLength(floats, index + zeros, false);
    bytes[at] = zeros;
    bytes[at + 1] = others;
    at += 2;
    for (let i = index + zeros; i < index + zeros + others; i++) {
      view.setFloat32(at, floats[i]!, true);
      at += 4;
    }
    index += zeros + others;
  }
  return bytes.slice(0, at);
}

function runLength(floats: Float32Array, from: number, zero: boolean): number {
  let length = 0;
  while (length < MAX_RUN && from + length < FLOATS && Object.is(floats[from + length], 0) === zero)
    length += 1;
  return length;
}

/** Fills the arrays. Throws `SnapshotError` on bytes of another kind or version, or damaged ones. */
export function readSnapshot(bytes: Uint8Array, cells: Float64Array, floats: Float32Array): void {
  if (bytes.length < HEAD + CELLS * 8 || bytes[0] !== KIND_BYTE || bytes[1] !== VERSION) {
    throw new SnapshotError(`not a snapshot of ${KIND}, version ${VERSION}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = HEAD;
  for (let i = 0; i < CELLS; i++) cells[i] = view.getFloat64(at + i * 8, true);
  at += CELLS * 8;
  let index = 0;
  while (index < FLOATS) {
    const zeros = bytes[at] ?? 0;
    const others = bytes[at + 1] ?? 0;
    at += 2;
    const ends = index + zeros + others;
    if (zeros + others === 0 || ends > FLOATS || at + others * 4 > bytes.length) {
      throw new SnapshotError(`a damaged snapshot of ${KIND}`);
    }
    for (let i = index + zeros; i < ends; i++, at += 4) floats[i] = view.getFloat32(at, true);
    index = ends;
  }
  if (at !== bytes.length || !hasSoundPlaces(cells)) throw new SnapshotError(`a damaged snapshot of ${KIND}`);
}

/** Whether what is used as an index stays inside of the state: beyond it lies that of another series. */
function hasSoundPlaces(cells: Float64Array): boolean {
  const most = cells[CELL.waitingMost]!;
  return (
    isIndex(cells[CELL.slot]!, HISTORY_READINGS) &&
    isIndex(most, WAITING_READINGS + 1) &&
    isIndex(cells[CELL.waiting]!, Math.max(1, most))
  );
}

function isIndex(x: number, length: number): boolean {
  return Number.isInteger(x) && x >= 0 && x < length;
}
