import { CELL } from './layout';
import { DAY_US, SETTINGS } from './settings';
import type { SeriesState } from './state-blocks';

/** Evidence that is an alarm. In the first day much is new that comes again every day. */
export function evidenceLimit({ cells, cellsAt: at }: SeriesState): number {
  const elapsed = cells[at + CELL.lastTime]! - cells[at + CELL.firstTime]!;
  const firstDay = elapsed < DAY_US ? SETTINGS.firstDay * (1 - elapsed / DAY_US) : 0;
  const limit = SETTINGS.evidence.limit * cells[at + CELL.evidenceFactor]! * cells[at + CELL.limitFactor]!;
  return limit * (caution(cells[at + CELL.readings]!) + firstDay);
}

/** Distance from the usual level that is an alarm; 0 while that is not known. */
export function distanceLimit({ cells, cellsAt: at }: SeriesState): number {
  return cells[at + CELL.sinceBegin]! < SETTINGS.distanceWarmUp ? 0 : cells[at + CELL.reach]!;
}

/** Sets that distance anew, after whatever it depends on has changed. */
export function setReach({ cells, cellsAt: at }: SeriesState): void {
  const limit = SETTINGS.distance.limit * cells[at + CELL.distanceFactor]! * cells[at + CELL.limitFactor]!;
  cells[at + CELL.reach] = cells[at + CELL.largeDistance]! * limit * caution(cells[at + CELL.readings]!);
}

/** An alarm makes the next one by the same way harder. */
export function habituate(state: SeriesState, byEvidence: boolean, byDistance: boolean): void {
  const { cells, cellsAt: at } = state;
  if (byEvidence) cells[at + CELL.evidenceFactor]! *= 1 + SETTINGS.evidence.growth;
  if (byDistance) cells[at + CELL.distanceFactor]! *= 1 + SETTINGS.distance.growth;
  setReach(state);
}

/** So many readings bring back what alarms have made harder. */
export function forgetAlarms({ cells, cellsAt: at }: SeriesState, readings: number): void {
  const { evidence, distance } = SETTINGS;
  cells[at + CELL.evidenceFactor] = forgotten(
    cells[at + CELL.evidenceFactor]!,
    readings / evidence.forgetReadings,
  );
  cells[at + CELL.distanceFactor] = forgotten(
    cells[at + CELL.distanceFactor]!,
    readings / distance.forgetReadings,
  );
}

function forgotten(factor: number, share: number): number {
  return 1 + (factor - 1) * (1 - share);
}

/** Limits are wider while little is known. */
function caution(readings: number): number {
  return 1 + SETTINGS.youngReadings / readings;
}
