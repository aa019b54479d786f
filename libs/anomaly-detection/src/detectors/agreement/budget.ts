import { CELL, COLD } from './layout';
import { SETTINGS } from './settings';
import type { SeriesState } from './state-blocks';

export const WEEK_US = 604_800_000_000;
/** So far below the budget that the limits are as small as they can be. */
const LOWEST = Math.log(SETTINGS.budget.least) / SETTINGS.budget.growth;

/** Counts an alarm above the budget; below 0 there were less. */
export function countAlarm({ cells, coldAt }: SeriesState): void {
  cells[coldAt + COLD.overspent]! += 1;
}

/**
 * Counts readings that were judged, and sets what the limits are multiplied by: more where one alarm is accepted in many readings, and then by what
 * the series has raised so far. Each alarm raises the limits, and readings lower them, so that both are in balance at the budget (as adaptive
 * conformal inference does; Gibbs and Candes, "Adaptive Conformal Inference Under Distribution Shift", 2021): a heavy tail is no noisier than a light one.
 * `usPerAlarm` is the time in which one alarm is accepted.
 */
export function keepBudget(state: SeriesState, judged: number, usPerAlarm: number): void {
  const { cells, cellsAt: at, coldAt } = state;
  const { perTenfold, growth, readings, free } = SETTINGS.budget;
  const perAlarm = Math.max(readings, usPerAlarm / cells[at + CELL.usualInterval]!);
  const tenfolds = Math.log10(perAlarm / readings);
  const overspent = Math.max(LOWEST, cells[coldAt + COLD.overspent]! - judged / perAlarm);
  cells[coldAt + COLD.overspent] = overspent;
  const excess = overspent > 0 ? Math.max(0, overspent - (free * readings) / perAlarm) : overspent;
  const step = excess > 0 ? growth * (1 + tenfolds) : growth;
  cells[coldAt + COLD.limitFactor] = (1 + perTenfold * tenfolds) * Math.exp(step * excess);
}
