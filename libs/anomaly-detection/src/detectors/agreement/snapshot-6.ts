import { ALL_COUNTS, ALL_TAIL_CELLS, CELLS, FLOATS } from './layout';
import type { SeriesState } from './state-blocks';

/** The version before, which is read and no longer written. */
export const VERSION_6 = 6;
const HEAD = 5;
const DOUBLES = CELLS + ALL_TAIL_CELLS;
const SINGLES = FLOATS + ALL_COUNTS;

/**
 * Fills what the head does not: the doubles, and the floats and counts as runs (how many zeros, how many others, those others). Returns whether the bytes are
 * just what they should be.
 */
export function readVersion6(bytes: Uint8Array, state: SeriesState): boolean {
  const { cells, cellsAt, tailsAt, floats } = state;
  if (bytes.length < HEAD + DOUBLES * 8) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = HEAD;
  for (let i = 0; i < DOUBLES; i++, at += 8)
    cells[i < CELLS ? cellsAt + i : tailsAt + i - CELLS] = view.getFloat64(at, true);
  let index = 0;
  while (index < SINGLES) {
    const zeros = bytes[at] ?? 0;
    const others = bytes[at + 1] ?? 0;
    at += 2;
    const ends = index + zeros + others;
    if (zeros + others === 0 || ends > SINGLES || at + others * 4 > bytes.length) return false;
    for (let i = index; i < index + zeros; i++) floats[floatAt(state, i)] = 0;
    for (let i = index + zeros; i < ends; i++, at += 4) floats[floatAt(state, i)] = view.getFloat32(at, true);
    index = ends;
  }
  return at === bytes.length;
}

/** Where the floats of a state are, and then its histograms. */
function floatAt({ floatsAt, countsAt }: SeriesState, index: number): number {
  return index < FLOATS ? floatsAt + index : countsAt + index - FLOATS;
}
