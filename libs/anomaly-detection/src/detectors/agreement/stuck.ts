import type { Verdict } from '../../detector';
import { CELL, COLD } from './layout';
import { around } from './range';
import { SETTINGS } from './settings';
import type { SeriesState } from './state-blocks';

/** Equal readings on end which are an alarm. Infinity for a series that has hardly ever changed. */
function runLimit({ cells, cellsAt: at }: SeriesState): number {
  const { changes, readings, runs } = SETTINGS.stuck;
  if (cells[at + CELL.rises]! + cells[at + CELL.falls]! < changes) return Infinity;
  return Math.max(readings, runs * cells[at + CELL.longestRun]!);
}

/** How many equal readings there are on end with this one, which is equal to the last, in units of what is an alarm. */
export function stuckness(state: SeriesState): number {
  return (state.cells[state.cellsAt + CELL.run]! + 1) / runLimit(state);
}

/** Whether the run was too long before this reading. */
export function wasStuck(state: SeriesState): boolean {
  return state.cells[state.cellsAt + CELL.run]! >= runLimit(state);
}

/** Says so of a reading with which a run has become too long. */
export function describeStuck(state: SeriesState, verdict: Verdict): void {
  const { cells, cellsAt: at, coldAt } = state;
  around(
    cells[at + CELL.usualLevel]! + cells[at + CELL.origin]!,
    cells[coldAt + COLD.largeDistance]!,
    verdict,
  );
  verdict.cause = 'stuck';
  verdict.deviation = (cells[at + CELL.run]! + 1) / cells[at + CELL.longestRun]!;
}

/** A run has ended that is longer than any before. One that was an alarm is not the usual one: only a share of it is learned. */
export function keepLongestRun(state: SeriesState): void {
  const { cells, cellsAt: at } = state;
  const run = cells[at + CELL.run]!;
  cells[at + CELL.longestRun] = wasStuck(state) ? run * SETTINGS.stuck.learnedShare : run;
}
