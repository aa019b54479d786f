import {
  BLOCK_AT,
  BLOCK_READINGS,
  CELL,
  HISTORY_AT,
  HISTORY_READINGS,
  LEAVING_AT,
  PASSING_AT,
} from './layout';
import type { SeriesState } from './state-blocks';

// Each use of an import is a look-up in CommonJS; these are used many times a reading.
const [cell, block, blockAt] = [CELL, BLOCK_READINGS, BLOCK_AT];
const [passingAt, leavingAt] = [PASSING_AT, LEAVING_AT];

/** Values of each of the two levels that are held against each other. */
const LEVEL_READINGS = HISTORY_READINGS / 2;

/** No value yet. */
export function clearLastValues(state: SeriesState): void {
  const { floats, floatsAt, coldFloatsAt } = state;
  state.slot = 0;
  floats.fill(0, floatsAt + BLOCK_AT, floatsAt + BLOCK_AT + 3 * BLOCK_READINGS);
  floats.fill(0, coldFloatsAt + HISTORY_AT, coldFloatsAt + HISTORY_AT + HISTORY_READINGS);
}

/**
 * Puts the value to the last ones and into their sums. It lies, with all that leaves the sums with it, in a small block; the rest of the last values is
 * reached once in a block.
 */
export function keepValue(state: SeriesState, x: number): void {
  const { cells, cellsAt: at, floats, slot } = state;
  const place = slot % block;
  const here = state.floatsAt + place;
  const passing = floats[here + passingAt]!;
  cells[at + cell.shortSum]! += x - floats[here + blockAt]!;
  cells[at + cell.levelSum]! += x - passing;
  cells[at + cell.beforeSum]! += passing - floats[here + leavingAt]!;
  floats[here + blockAt] = x;
  state.slot = slot + 1 === HISTORY_READINGS ? 0 : slot + 1;
  if (place + 1 === block) endBlock(state);
}

/** Sums are made anew whenever what they are of has been filled, so that no rounding stays. */
function endBlock(state: SeriesState): void {
  const { cells, cellsAt: at, floats, floatsAt, coldFloatsAt } = state;
  const first = coldFloatsAt + HISTORY_AT;
  putAwayBlock(state, state.slot === 0 ? HISTORY_READINGS - block : state.slot - block, block);
  cells[at + cell.shortSum] = sum(floats, floatsAt + BLOCK_AT, block);
  if (state.slot === 0) {
    cells[at + cell.levelSum] = sum(floats, first + LEVEL_READINGS, LEVEL_READINGS);
    cells[at + cell.beforeSum] = sum(floats, first, LEVEL_READINGS);
  }
  takeOutLeaving(state, state.slot);
}

function putAwayBlock({ floats, floatsAt, coldFloatsAt }: SeriesState, slot: number, values: number): void {
  const to = coldFloatsAt + HISTORY_AT + slot;
  for (let i = 0; i < values; i++) floats[to + i] = floats[floatsAt + BLOCK_AT + i]!;
}

/** What leaves the sums with the values of the block that begins at this slot. */
function takeOutLeaving({ floats, floatsAt, coldFloatsAt }: SeriesState, slot: number): void {
  const leaving = coldFloatsAt + HISTORY_AT + slot;
  const passing = slot < LEVEL_READINGS ? leaving + LEVEL_READINGS : leaving - LEVEL_READINGS;
  for (let i = 0; i < block; i++) {
    floats[floatsAt + passingAt + i] = floats[passing + i]!;
    floats[floatsAt + leavingAt + i] = floats[leaving + i]!;
  }
}

/** Completes the last values by those of the block at hand, in place of those which have left. */
export function putAwayLastValues(state: SeriesState): void {
  const place = state.slot % block;
  putAwayBlock(state, state.slot - place, place);
}

/** The block at hand, from the last values. */
export function takeOutLastValues(state: SeriesState): void {
  const { floats, floatsAt, coldFloatsAt, slot } = state;
  const place = slot % block;
  const history = coldFloatsAt + HISTORY_AT;
  const before = slot - place === 0 ? HISTORY_READINGS - block : slot - place - block;
  for (let i = 0; i < block; i++)
    floats[floatsAt + BLOCK_AT + i] = floats[history + (i < place ? slot - place : before) + i]!;
  takeOutLeaving(state, slot - place);
}

function sum(floats: Float32Array, from: number, values: number): number {
  let total = 0;
  for (let i = from; i < from + values; i++) total += floats[i]!;
  return total;
}
