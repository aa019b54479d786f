import { CELL, HISTORY_AT, HISTORY_READINGS, SEASON_AT } from './layout';
import { now } from './now';
import { SETTINGS } from './settings';
import type { SeriesState } from './state-blocks';
import { keepLongestRun } from './stuck';

// Each use of an import is a look-up in CommonJS; these are used many times a reading.
const [cell, settings] = [CELL, SETTINGS];

const INTERVAL_STEP = 1 + 1 / 32;

/** Takes the reading at hand in, after it was judged. */
export function keep(state: SeriesState): void {
  const { cells, cellsAt: at, floats, floatsAt } = state;
  const { timeUs, x, bin } = now;
  keepChange(state, x);
  if (x < cells[at + cell.lowest]!) cells[at + cell.lowest] = x;
  if (x > cells[at + cell.highest]!) cells[at + cell.highest] = x;
  keepSums(state, x);
  keepUsualLevel(state, x);
  state.slot = state.slot + 1 === HISTORY_READINGS ? 0 : state.slot + 1;
  const season = floatsAt + SEASON_AT + bin;
  const profile = floats[season]!;
  const rate = settings.seasonRate * (cells[at + cell.faultReadings]! > 0 ? settings.faultWeight : 1);
  floats[season] = Number.isNaN(profile) ? x : profile + rate * (x - profile);
  if (cells[at + cell.readings] === 0) cells[at + cell.firstTime] = timeUs;
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

/** Puts the value to the last ones and into their sums, which are made anew whenever they fill up, so that no rounding stays. */
function keepSums(state: SeriesState, x: number): void {
  const { cells, cellsAt: at, floats, slot } = state;
  const { shortReadings, levelReadings } = settings;
  const first = state.floatsAt + HISTORY_AT;
  const held = cells[at + cell.sinceBegin]!;
  const passing = held >= levelReadings ? floats[first + back(slot, levelReadings)]! : 0;
  const leaving = held >= HISTORY_READINGS ? floats[first + slot]! : 0;
  const leavingShort = held >= shortReadings ? floats[first + back(slot, shortReadings)]! : 0;
  floats[first + slot] = x;
  const end = first + slot + 1;
  cells[at + cell.shortSum] =
    (slot + 1) % shortReadings === 0
      ? sum(floats, end - shortReadings, end)
      : cells[at + cell.shortSum]! + x - leavingShort;
  cells[at + cell.levelSum]! += x - passing;
  cells[at + cell.beforeSum]! += passing - leaving;
  if (slot + 1 < HISTORY_READINGS) return;
  cells[at + cell.levelSum] = sum(floats, end - levelReadings, end);
  cells[at + cell.beforeSum] = sum(floats, first, first + levelReadings);
}

/** The slot of the value that came so many values before the one that goes to `slot`. */
function back(slot: number, values: number): number {
  return slot < values ? slot - values + HISTORY_READINGS : slot - values;
}

function sum(floats: Float32Array, from: number, end: number): number {
  let total = 0;
  for (let i = from; i < end; i++) total += floats[i]!;
  return total;
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
