import { keepValue } from './last-values';
import { CELL, COLD } from './layout';
import { now } from './now';
import { keepSeason } from './season';
import { SETTINGS } from './settings';
import type { SeriesState } from './state-blocks';
import { keepLongestRun } from './stuck';

// Each use of an import is a look-up in CommonJS; these are used many times a reading.
const [cell, settings] = [CELL, SETTINGS];

const INTERVAL_STEP = 1 + 1 / 32;

/** Takes the reading at hand in, after it was judged. */
export function keep(state: SeriesState): void {
  const { cells, cellsAt: at, coldAt } = state;
  const { timeUs, x, bin } = now;
  keepChange(state, x);
  if (x < cells[at + cell.lowest]!) cells[at + cell.lowest] = x;
  if (x > cells[at + cell.highest]!) cells[at + cell.highest] = x;
  keepValue(state, x);
  keepUsualLevel(state, x);
  keepSeason(state, x, bin);
  if (cells[at + cell.readings] === 0) cells[coldAt + COLD.firstTime] = timeUs;
  else keepInterval(state, timeUs - cells[at + cell.lastTime]!);
  cells[at + cell.lastValue] = x;
  cells[at + cell.lastTime] = timeUs;
  cells[at + cell.sinceBegin]! += 1;
  cells[at + cell.readings]! += 1;
}

/** Counts runs of equal values, rises and falls. */
function keepChange(state: SeriesState, x: number): void {
  const { cells, cellsAt: at } = state;
  const change = x - cells[at + cell.lastValue]!;
  if (change === 0) {
    cells[at + cell.run]! += 1;
    return;
  }
  if (cells[at + cell.run]! > cells[at + cell.longestRun]!) keepLongestRun(state);
  cells[at + cell.run] = 1;
  if (change > 0) cells[at + cell.rises]! += 1;
  else cells[at + cell.falls]! += 1;
  const size = Math.abs(change);
  const resolution = cells[at + cell.resolution]!;
  if (resolution === 0 || size < resolution) cells[at + cell.resolution] = size;
}

/** Near a running median: it moves by bounded steps, in units of the usual distance from it. */
function keepUsualLevel({ cells, cellsAt: at }: SeriesState, x: number): void {
  const { young, rate, step } = settings.usualLevel;
  const away = x - cells[at + cell.usualLevel]!;
  const since = cells[at + cell.sinceBegin]!;
  const most = step * cells[at + cell.middleDistance]!;
  const isYoung = since < young || most === 0;
  cells[at + cell.usualLevel]! += isYoung
    ? away / Math.min(since + 1, young)
    : Math.max(-most, Math.min(most, rate * away));
}

function keepInterval({ cells, cellsAt: at }: SeriesState, elapsedUs: number): void {
  const usual = cells[at + cell.usualInterval]!;
  if (usual === 0) cells[at + cell.usualInterval] = elapsedUs;
  else cells[at + cell.usualInterval] = elapsedUs > usual ? usual * INTERVAL_STEP : usual / INTERVAL_STEP;
}
