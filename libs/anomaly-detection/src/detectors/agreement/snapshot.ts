import { SnapshotError } from '../../errors';
import { ALL_COUNTS, ALL_TAIL_CELLS, CELLS, FLOATS, HISTORY_READINGS, WAITING_READINGS } from './layout';
import type { SeriesState } from './state-blocks';

export const KIND = 'agreement';
const KIND_BYTE = 0xa6;
const VERSION = 6;
/** Kind, version, and the numbers of the state that are not in its arrays. */
const HEAD = 5;
/** Longest run of zeros, and of other numbers, behind one pair of bytes. */
const MAX_RUN = 255;
const DOUBLES = CELLS + ALL_TAIL_CELLS;
const SINGLES = FLOATS + ALL_COUNTS;
/** Where each snapshot is written before it is known how long it is: to allocate that for each cost more than to write it. */
const written = new Uint8Array(HEAD + DOUBLES * 8 + SINGLES * 6 + 2);
const writtenView = new DataView(written.buffer);

/**
 * The head, the doubles, and the floats as runs: how many zeros, how many others, those others. Histograms are mostly zeros, so this is about
 * half of the state.
 */
export function writeSnapshot(state: SeriesState): Uint8Array {
  written.set([KIND_BYTE, VERSION, state.slot, state.waiting, state.waitingMost]);
  let at = HEAD;
  for (let i = 0; i < DOUBLES; i++, at += 8) writtenView.setFloat64(at, state.cells[cellAt(state, i)]!, true);
  let index = 0;
  while (index < SINGLES) {
    const zeros = runLength(state, index, true);
    const others = runLength(state, index + zeros, false);
    written[at] = zeros;
    written[at + 1] = others;
    at += 2;
    const ends = index + zeros + others;
    for (let i = index + zeros; i < ends; i++, at += 4)
      writtenView.setFloat32(at, state.floats[floatAt(state, i)]!, true);
    index = ends;
  }
  return written.slice(0, at);
}

/** Where the doubles of a state are, its own and then those of its tail models. */
function cellAt({ cellsAt, tailsAt }: SeriesState, index: number): number {
  return index < CELLS ? cellsAt + index : tailsAt + index - CELLS;
}

/** The same for its floats and then the histograms. */
function floatAt({ floatsAt, countsAt }: SeriesState, index: number): number {
  return index < FLOATS ? floatsAt + index : countsAt + index - FLOATS;
}

function runLength(state: SeriesState, from: number, zero: boolean): number {
  let length = 0;
  while (length < MAX_RUN && from + length < SINGLES && isZero(state, from + length) === zero) length += 1;
  return length;
}

function isZero(state: SeriesState, index: number): boolean {
  return state.bits[floatAt(state, index)] === 0;
}

/** Fills the state. Throws `SnapshotError` on bytes of another kind or version, or damaged ones. */
export function readSnapshot(bytes: Uint8Array, state: SeriesState): void {
  if (bytes.length < HEAD + DOUBLES * 8 || bytes[0] !== KIND_BYTE || bytes[1] !== VERSION) {
    throw new SnapshotError(`not a snapshot of ${KIND}, version ${VERSION}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  [state.slot, state.waiting, state.waitingMost] = [bytes[2]!, bytes[3]!, bytes[4]!];
  let at = HEAD;
  for (let i = 0; i < DOUBLES; i++, at += 8) state.cells[cellAt(state, i)] = view.getFloat64(at, true);
  let index = 0;
  while (index < SINGLES) {
    const zeros = bytes[at] ?? 0;
    const others = bytes[at + 1] ?? 0;
    at += 2;
    const ends = index + zeros + others;
    if (zeros + others === 0 || ends > SINGLES || at + others * 4 > bytes.length) {
      throw new SnapshotError(`a damaged snapshot of ${KIND}`);
    }
    for (let i = index; i < index + zeros; i++) state.floats[floatAt(state, i)] = 0;
    for (let i = index + zeros; i < ends; i++, at += 4)
      state.floats[floatAt(state, i)] = view.getFloat32(at, true);
    index = ends;
  }
  if (at !== bytes.length || !hasSoundPlaces(state)) throw new SnapshotError(`a damaged snapshot of ${KIND}`);
}

/** Whether what is used as an index stays inside of the state: beyond it lies that of another series. */
function hasSoundPlaces({ slot, waiting, waitingMost }: SeriesState): boolean {
  return slot < HISTORY_READINGS && waitingMost <= WAITING_READINGS && waiting < Math.max(1, waitingMost);
}
