import { CELL, SEASON_AT, SEASON_BINS } from './layout';
import { SETTINGS } from './settings';
import type { SeriesState } from './state-blocks';

// Each use of an import is a look-up in CommonJS; these are used many times a reading.
const [cell, settings, seasonAt] = [CELL, SETTINGS, SEASON_AT];

/** Nothing is known of any half hour, and none is at hand yet. */
export function clearSeason({ floats, coldFloatsAt }: SeriesState): void {
  floats.fill(NaN, coldFloatsAt + SEASON_AT, coldFloatsAt + SEASON_AT + SEASON_BINS);
}

/** What the series was at this half hour of the day, NaN where that is not known. The half hour at hand lies with what every reading reaches. */
export function usualAt({ cells, cellsAt: at, floats, coldFloatsAt }: SeriesState, bin: number): number {
  if (cells[at + cell.seasonBin] === bin) return cells[at + cell.seasonMean]!;
  return floats[coldFloatsAt + seasonAt + bin]!;
}

/** Learns the value at this half hour. */
export function keepSeason(state: SeriesState, x: number, bin: number): void {
  const { cells, cellsAt: at } = state;
  if (cells[at + cell.seasonBin] !== bin) turnTo(state, bin);
  const usual = cells[at + cell.seasonMean]!;
  const rate = settings.seasonRate * (cells[at + cell.faultReadings]! > 0 ? settings.faultWeight : 1);
  cells[at + cell.seasonMean] = Math.fround(Number.isNaN(usual) ? x : usual + rate * (x - usual));
}

function turnTo(state: SeriesState, bin: number): void {
  const { cells, cellsAt: at, floats, coldFloatsAt } = state;
  putAwaySeason(state);
  cells[at + cell.seasonBin] = bin;
  cells[at + cell.seasonMean] = floats[coldFloatsAt + seasonAt + bin]!;
}

/** Completes the profile of the day by the half hour at hand. */
export function putAwaySeason({ cells, cellsAt: at, floats, coldFloatsAt }: SeriesState): void {
  const bin = cells[at + cell.seasonBin]!;
  if (bin >= 0) floats[coldFloatsAt + seasonAt + bin] = cells[at + cell.seasonMean]!;
}
