import { CELL, LAST_AT, LAST_READINGS } from './layout';
import type { SeriesState } from './state-blocks';

// Each use of an import is a look-up in CommonJS; these are used many times a reading.
const [cell, lastReadings, lastAt] = [CELL, LAST_READINGS, LAST_AT];

/** No value yet. */
export function clearLastValues(state: SeriesState): void {
  const { cells, cellsAt: at, floats, floatsAt } = state;
  state.slot = 0;
  cells[at + CELL.shortSum] = 0;
  floats.fill(0, floatsAt + LAST_AT, floatsAt + LAST_AT + LAST_READINGS);
}

/** Puts the value to the last ones and into their sum, which is made anew whenever all of them have been replaced, so that no rounding stays. */
export function keepValue(state: SeriesState, x: number): void {
  const { cells, cellsAt: at, floats, floatsAt, slot } = state;
  const here = floatsAt + lastAt + slot;
  cells[at + cell.shortSum]! += x - floats[here]!;
  floats[here] = x;
  state.slot = slot + 1;
  if (state.slot < lastReadings) return;
  state.slot = 0;
  let sum = 0;
  for (let i = floatsAt + lastAt; i <= here; i++) sum += floats[i]!;
  cells[at + cell.shortSum] = sum;
}
