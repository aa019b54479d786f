import { SnapshotError } from '../../errors';
import { readShortFloat, writeShortFloat } from '../../short-floats';
import {
  ALL_COUNTS,
  CELL,
  COLD_CELLS,
  COUNTS_AT,
  LAST_AT,
  LAST_READINGS,
  OWN_CELLS,
  SEASON_AT,
  SEASON_BINS,
  WAITING_FLOATS,
  WAITING_READINGS,
} from './layout';
import { putAwaySeason } from './season';
import type { SeriesState } from './state-blocks';

export const KIND = 'agreement';
const KIND_BYTE = 0xa6;
const VERSION = 10;
/** Kind, version, and the numbers of the state that are not in its arrays. */
const HEAD = 5;
const DOUBLES = OWN_CELLS + COLD_CELLS;
const DOUBLE_SIZES = Math.ceil(DOUBLES / 2);
const COUNT_SIZES = ALL_COUNTS / 4;
/** By the two bits of a count: its bytes. A count of one or two bytes is a whole number; one of four is what a single float is. */
const COUNT_BYTES = [0, 1, 2, 4] as const;
const SINGLE = 3;
const HOT_MOST_FLOATS = LAST_READINGS + WAITING_READINGS * WAITING_FLOATS;
const MOST_BYTES =
  HEAD + DOUBLE_SIZES + DOUBLES * 8 + (HOT_MOST_FLOATS + SEASON_BINS) * 4 + COUNT_SIZES + ALL_COUNTS * 4;
/** Serves all series in turn: to allocate this for each costs more than to fill it. */
const written = new Uint8Array(MOST_BYTES);
const writtenView = new DataView(written.buffer);

/**
 * The head; the doubles; the last values, the readings that wait to be learned and the profile of the day as they are; the histograms. A double
 * is written without the zeros that it ends in, since many hold small numbers: half a byte for each says how many bytes are left, then these
 * follow. Counts are mostly zero or small whole numbers: two bits for each say how many bytes it takes. The result is a view that the next snapshot overwrites.
 */
export function writeSnapshot(state: SeriesState): Uint8Array {
  putAwaySeason(state);
  const { floatsAt, coldFloatsAt } = state;
  written[0] = KIND_BYTE;
  written[1] = VERSION;
  written[2] = state.slot;
  written[3] = state.waiting;
  written[4] = state.waitingMost;
  let at = writeDoubles(state);
  at = writeFloats(state, at, floatsAt + LAST_AT, hotFloats(state));
  at = writeFloats(state, at, coldFloatsAt + SEASON_AT, SEASON_BINS);
  return written.subarray(0, writeCounts(state, at));
}

/** The last values and, behind them, what waits. */
function hotFloats({ waiting }: SeriesState): number {
  return LAST_READINGS + waiting * WAITING_FLOATS;
}

/** Returns where it ends, as those below. */
function writeDoubles(state: SeriesState): number {
  let at = HEAD + DOUBLE_SIZES;
  for (let i = 0; i < DOUBLES; i++) {
    const bytes = writeShortFloat(writtenView, at, state.cells[doubleAt(state, i)]!);
    const sizes = HEAD + (i >> 1);
    if (i & 1) written[sizes]! |= bytes << 4;
    else written[sizes] = bytes;
    at += bytes;
  }
  return at;
}

/** Those that every reading reaches, without the copy; then the others, up to the tail models. */
function doubleAt({ cellsAt, coldAt }: SeriesState, index: number): number {
  return index < OWN_CELLS ? cellsAt + index : coldAt + index - OWN_CELLS;
}

function writeFloats({ bits }: SeriesState, start: number, from: number, count: number): number {
  let at = start;
  for (let i = from; i < from + count; i++, at += 4) writtenView.setUint32(at, bits[i]!, true);
  return at;
}

/** A count is not negative. What is needed of it is found by few branches, since none of them can be foretold. */
function writeCounts({ floats, bits, coldFloatsAt }: SeriesState, start: number): number {
  const countsAt = coldFloatsAt + COUNTS_AT;
  let at = start + COUNT_SIZES;
  for (let i = countsAt, sizesAt = start; i < countsAt + ALL_COUNTS; i += 4, sizesAt++) {
    let sizes = 0;
    for (let k = 0; k < 4; k++) {
      const count = floats[i + k]!;
      if (count === 0) continue;
      const whole = count | 0;
      if (whole === count && whole <= 0xffff) {
        // Where one byte is enough, what comes next is written over the other.
        written[at] = whole;
        written[at + 1] = whole >> 8;
        const size = 1 + ((0xff - whole) >>> 31);
        sizes |= size << (k * 2);
        at += size;
      } else {
        writtenView.setUint32(at, bits[i + k]!, true);
        sizes |= SINGLE << (k * 2);
        at += 4;
      }
    }
    written[sizesAt] = sizes;
  }
  return at;
}

/** Fills the state. Throws `SnapshotError` on bytes of another kind or version, or damaged ones. */
export function readSnapshot(bytes: Uint8Array, state: SeriesState): void {
  if (bytes.length < HEAD || bytes[0] !== KIND_BYTE || bytes[1] !== VERSION)
    throw new SnapshotError(`not a snapshot of ${KIND}, version ${VERSION}`);
  [state.slot, state.waiting, state.waitingMost] = [bytes[2]!, bytes[3]!, bytes[4]!];
  if (!hasSoundPlaces(state) || !readParts(bytes, state))
    throw new SnapshotError(`a damaged snapshot of ${KIND}`);
}

/** Whether what is used as an index stays inside of the state: beyond it lies that of another series. */
function hasSoundPlaces({ slot, waiting, waitingMost }: SeriesState): boolean {
  return slot < LAST_READINGS && waitingMost <= WAITING_READINGS && waiting < Math.max(1, waitingMost);
}

/** Returns whether the bytes are just what they should be. */
function readParts(bytes: Uint8Array, state: SeriesState): boolean {
  let at = readDoubles(bytes, state);
  const floats = hotFloats(state);
  if (at === undefined || at + (floats + SEASON_BINS) * 4 + COUNT_SIZES > bytes.length) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { bits, floatsAt, coldFloatsAt } = state;
  const last = floatsAt + LAST_AT;
  bits.fill(0, last, last + HOT_MOST_FLOATS);
  for (let i = 0; i < floats; i++, at += 4) bits[last + i] = view.getUint32(at, true);
  for (let i = 0; i < SEASON_BINS; i++, at += 4)
    bits[coldFloatsAt + SEASON_AT + i] = view.getUint32(at, true);
  state.cells[state.cellsAt + CELL.seasonBin] = -1;
  return readCounts(view, state, at) === bytes.length;
}

function readDoubles(bytes: Uint8Array, state: SeriesState): number | undefined {
  let at = HEAD + DOUBLE_SIZES;
  for (let i = 0; i < DOUBLES; i++) {
    const size = ((bytes[HEAD + (i >> 1)] ?? 0) >> ((i & 1) * 4)) & 0xf;
    if (size > 8 || at + size > bytes.length) return undefined;
    state.cells[doubleAt(state, i)] = readShortFloat(bytes, at, size);
    at += size;
  }
  return at;
}

function readCounts(view: DataView, { floats, bits, coldFloatsAt }: SeriesState, start: number): number {
  const countsAt = coldFloatsAt + COUNTS_AT;
  let at = start + COUNT_SIZES;
  for (let i = 0; i < ALL_COUNTS; i++) {
    const size = (view.getUint8(start + (i >> 2)) >> ((i & 3) * 2)) & 3;
    if (at + COUNT_BYTES[size]! > view.byteLength) return NaN;
    if (size === SINGLE) bits[countsAt + i] = view.getUint32(at, true);
    else floats[countsAt + i] = size === 0 ? 0 : size === 1 ? view.getUint8(at) : view.getUint16(at, true);
    at += COUNT_BYTES[size]!;
  }
  return at;
}
