import { CELL } from './layout';
import { DAY_US, SETTINGS } from './settings';
import type { StatePlace } from './state-blocks';

/** Evidence that is an alarm. In the first day much is new that comes again every day. */
export function evidenceLimit({ cells, at }: StatePlace): number {
  const elapsed = cells[at + CELL.lastTime]! - cells[at + CELL.firstTime]!;
  const firstDay = elapsed < DAY_US ? SETTINGS.firstDay * (1 - elapsed / DAY_US) : 0;
  const limit = SETTINGS.evidence.limit * cells[at + CELL.evidenceFactor]! * cells[at + CELL.limitFactor]!;
  return limit * (caution(cells[at + CELL.readings]!) + firstDay);
}

/** Distance from the usual level that is an alarm; 0 while that is not known. */
export function distanceLimit({ cells, at }: StatePlace): number {
  if (cells[at + CELL.sinceBegin]! < SETTINGS.distanceWarmUp) return 0;
  const limit = SETTINGS.distance.limit * cells[at + CELL.distanceFactor]! * cells[at + CELL.limitFactor]!;
  return cells[at + CELL.largeDistance]! * limit * caution(cells[at + CELL.readings]!);
}

/** Limits are wider while little is known. */
function caution(readings: number): number {
  return 1 + SETTINGS.youngReadings / readings;
}

/** A factor above 1 on its way back. */
export function forgotten(factor: number, readings: number): number {
  return 1 + (factor - 1) * (1 - 1 / readings);
}
