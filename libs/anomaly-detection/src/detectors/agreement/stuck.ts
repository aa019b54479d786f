import type { Verdict } from '../../detector';
import { CELL } from './layout';
import { around } from './range';
import { SETTINGS } from './settings';
import type { StatePlace } from './state-blocks';

/** Equal readings on end which are an alarm. Infinity for a series that has hardly ever changed. */
function runLimit({ cells, at }: StatePlace): number {
  const { changes, readings, runs } = SETTINGS.stuck;
  if (cells[at + CELL.rises]! + cells[at + CELL.falls]! < changes) return Infinity;
  return Math.max(readings, runs * cells[at + CELL.longestRun]!);
}

/** How many equal readings there are on end with this one, in units of what is an alarm. */
export function stuckness(place: StatePlace, x: number): number {
  const { cells, at } = place;
  return x === cells[at + CELL.lastValue]! ? (cells[at + CELL.run]! + 1) / runLimit(place) : 0;
}

/** Says so of a reading with which a run has become too long. */
export function describeStuck(place: StatePlace, verdict: Verdict): void {
  const { cells, at } = place;
  around(cells[at + CELL.usualLevel]! + cells[at + CELL.origin]!, cells[at + CELL.largeDistance]!, verdict);
  verdict.cause = 'stuck';
  verdict.deviation = (cells[at + CELL.run]! + 1) / cells[at + CELL.longestRun]!;
}

/** Counts the reading in, after it was judged. A run that was an alarm is not the usual one: only a share of it is learned. */
export function keepRun(place: StatePlace, x: number): void {
  const { cells, at } = place;
  const change = Math.abs(x - cells[at + CELL.lastValue]!);
  if (change === 0) {
    cells[at + CELL.run]! += 1;
    return;
  }
  const run = cells[at + CELL.run]!;
  if (run > cells[at + CELL.longestRun]!) {
    cells[at + CELL.longestRun] = run >= runLimit(place) ? run * SETTINGS.stuck.learnedShare : run;
  }
  cells[at + CELL.run] = 1;
  const resolution = cells[at + CELL.resolution]!;
  if (resolution === 0 || change < resolution) cells[at + CELL.resolution] = change;
}
