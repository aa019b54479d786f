import { CELL, COLD, TAIL } from './layout';
import { tailModel } from './models';
import { DAY_US, SETTINGS } from './settings';
import type { SeriesState } from './state-blocks';

/** Evidence that is an alarm. */
export function evidenceLimit(state: SeriesState): number {
  const { cells, cellsAt: at, coldAt } = state;
  const limit =
    SETTINGS.evidence.limit * cells[coldAt + COLD.evidenceFactor]! * cells[coldAt + COLD.limitFactor]!;
  return limit * (caution(cells[at + CELL.readings]!, SETTINGS.experience.evidence) + firstDayCaution(state));
}

/** In the first day much is new that comes again every day. The last values of a fast series see next to nothing of a day: it knows what it can know sooner. */
function firstDayCaution({ cells, cellsAt: at, coldAt }: SeriesState): number {
  const { caution: most, fastUs, fastReadings } = SETTINGS.firstDay;
  const ofDay = (cells[at + CELL.lastTime]! - cells[coldAt + COLD.firstTime]!) / DAY_US;
  const isFast = cells[at + CELL.usualInterval]! < fastUs;
  const known = isFast ? Math.max(ofDay, cells[at + CELL.readings]! / fastReadings) : ofDay;
  return known < 1 ? most * (1 - known) : 0;
}

/** Distance from the usual level that is an alarm; 0 while that is not known. */
export function distanceLimit({ cells, cellsAt: at }: SeriesState): number {
  return cells[at + CELL.sinceBegin]! < SETTINGS.distanceWarmUp ? 0 : cells[at + CELL.reach]!;
}

/** Sets that distance anew, after whatever it depends on has changed. */
export function setReach(state: SeriesState): void {
  const { cells, cellsAt: at, coldAt } = state;
  const limit =
    SETTINGS.distance.limit * cells[coldAt + COLD.distanceFactor]! * cells[coldAt + COLD.limitFactor]!;
  const careful = limit * caution(cells[at + CELL.readings]!, SETTINGS.experience.distance);
  const far = cells[coldAt + COLD.largeDistance]! * careful;
  const tenfolds = SETTINGS.rarerDistance * cells[coldAt + COLD.rarity]!;
  cells[at + CELL.reach] = tenfolds > 0 ? tailModel(state, TAIL.distance).rarer(far, tenfolds) : far;
}

/** An alarm makes the next one by the same way harder. */
export function habituate(state: SeriesState, byEvidence: boolean, byDistance: boolean): void {
  const { cells, coldAt } = state;
  if (byEvidence) cells[coldAt + COLD.evidenceFactor]! *= 1 + SETTINGS.evidence.growth;
  if (byDistance) cells[coldAt + COLD.distanceFactor]! *= 1 + SETTINGS.distance.growth;
  setReach(state);
}

/** So many readings bring back what alarms have made harder. */
export function forgetAlarms({ cells, coldAt }: SeriesState, readings: number): void {
  const { evidence, distance } = SETTINGS;
  cells[coldAt + COLD.evidenceFactor] = forgotten(
    cells[coldAt + COLD.evidenceFactor]!,
    readings / evidence.forgetReadings,
  );
  cells[coldAt + COLD.distanceFactor] = forgotten(
    cells[coldAt + COLD.distanceFactor]!,
    readings / distance.forgetReadings,
  );
}

function forgotten(factor: number, share: number): number {
  return 1 + (factor - 1) * (1 - share);
}

/** Limits are wider while little is known, and narrower with each tenfold of what is. */
function caution(readings: number, perTenfold: number): number {
  const { readings: from, fewest, most } = SETTINGS.experience;
  const tenfolds = Math.max(fewest, Math.min(most, Math.log10(readings / from)));
  return (1 + SETTINGS.youngReadings / readings) * (1 - perTenfold * tenfolds);
}
