import { CELL, COLD } from './layout';
import { SETTINGS } from './settings';
import type { SeriesState } from './state-blocks';

export const WEEK_US = 604_800_000_000;
/** So far below the budget that the limits are as small as they can be. */
const LOWEST = Math.log(SETTINGS.budget.least) / SETTINGS.budget.growth;

/** One alarm is accepted in so many readings. `usPerAlarm` is the time in which one is accepted. */
export function readingsPerAlarm({ cells, cellsAt: at }: SeriesState, usPerAlarm: number): number {
  return Math.max(SETTINGS.budget.readings, usPerAlarm / cells[at + CELL.usualInterval]!);
}

/** Counts an alarm above the budget; below 0 there were less. */
export function countAlarm({ cells, coldAt }: SeriesState): void {
  cells[coldAt + COLD.overspent]! += 1;
}

/** Counts readings that were judged, and sets how rare an alarm has to be, and what the limits are multiplied by. */
export function keepBudget(state: SeriesState, judged: number, usPerAlarm: number): void {
  const perAlarm = readingsPerAlarm(state, usPerAlarm);
  keepRarity(state, perAlarm);
  keepLimitFactor(state, judged, perAlarm);
}

/**
 * The tail probability of an alarm is one in `perAlarm`, and of a young series one in less: to accept what is inversely proportional to its age spends
 * the same on each tenfold of readings, as alpha spending does, where a constant rate would be blind at first and spend next to nothing.
 */
function keepRarity({ cells, cellsAt: at, coldAt }: SeriesState, perAlarm: number): void {
  const { readings, spentPerTenfold } = SETTINGS.budget;
  const weeks = (cells[at + CELL.readings]! * cells[at + CELL.usualInterval]!) / WEEK_US;
  const perAlarmAtAge = perAlarm * Math.min(1, (Math.LN10 / spentPerTenfold) * weeks);
  cells[coldAt + COLD.rarity] = Math.log10(perAlarm / readings);
  cells[coldAt + COLD.rarityAtAge] = Math.max(0, Math.log10(perAlarmAtAge / readings));
}

/**
 * Each alarm raises the limits, and readings lower them, so that both are in balance at the budget (as adaptive conformal inference does; Gibbs and
 * Candes, "Adaptive Conformal Inference Under Distribution Shift", 2021): a heavy tail is no noisier than a light one.
 */
function keepLimitFactor({ cells, coldAt }: SeriesState, judged: number, perAlarm: number): void {
  const { growth, readings, free, freeAtLeast } = SETTINGS.budget;
  const overspent = Math.max(LOWEST, cells[coldAt + COLD.overspent]! - judged / perAlarm);
  cells[coldAt + COLD.overspent] = overspent;
  const allowed = Math.max(freeAtLeast, (free * readings) / perAlarm);
  const excess = overspent > 0 ? Math.max(0, overspent - allowed) : overspent;
  const step = excess > 0 ? growth * (1 + cells[coldAt + COLD.rarity]!) : growth;
  cells[coldAt + COLD.limitFactor] = Math.exp(step * excess);
}
