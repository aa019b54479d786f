import { TailModel } from '../../tails/tail-model';
import {
  CELL,
  TAIL,
  tailCellsAt,
  tailCountsAt,
  TAILS,
  WAITING_AT,
  WAITING_FLOATS,
  WAITING_READINGS,
} from './layout';
import { SETTINGS } from './settings';
import type { StatePlace } from './state-blocks';

/** One serves every series and statistic in turn. */
const model = new TailModel();

/** The tail model of one statistic of one series, until the next call. */
export function tailModel({ cells, at, floats, first }: StatePlace, tail: number): TailModel {
  model.open(cells, at + tailCellsAt(tail), floats, first + tailCountsAt(tail));
  return model;
}

/** -log10 of the probability of a distance this large or larger; 0 where it is not in the tail. */
export function surprise(place: StatePlace, tail: number, distance: number): number {
  if (!(distance > place.cells[place.at + CELL.surprisingFrom + tail]!)) return 0;
  const opened = tailModel(place, tail);
  const own = opened.surprise(distance);
  if (tail !== TAIL.residual) return own;
  return own + SETTINGS.bulkShare * (opened.bulkSurprise(distance) - own);
}

/**
 * Counts the distances that wait, a batch at a time: each histogram is a walk through memory. A batch never passes a fit, and between
 * fits nobody looks at a histogram.
 */
export function learnWaiting(place: StatePlace): void {
  const { cells, at, floats, first } = place;
  const from = first + WAITING_AT;
  const end = from + cells[at + CELL.waiting]! * WAITING_FLOATS;
  const rows = { values: floats, from, end, width: WAITING_FLOATS };
  let most = WAITING_READINGS;
  for (let tail = 0; tail < TAILS; tail++) {
    const opened = tailModel(place, tail);
    const forgetAbove = tail === TAIL.distance ? SETTINGS.distanceReadings : SETTINGS.tailReadings;
    opened.learnRows(rows, tail);
    if (opened.total > forgetAbove) opened.fade(0.5);
    most = Math.min(most, opened.untilFit);
    if (tail === TAIL.distance) {
      cells[at + CELL.middleDistance] = opened.middle;
      cells[at + CELL.largeDistance] = opened.nineteenTwentieths;
    } else {
      const bulk = tail === TAIL.residual ? opened.bulkFrom : Infinity;
      cells[at + CELL.surprisingFrom + tail] = Math.min(opened.tailFrom, bulk);
    }
  }
  cells[at + CELL.waiting] = 0;
  cells[at + CELL.waitingMost] = most;
}

/** Makes all that was learned count less, by a factor. */
export function fadeModels(place: StatePlace, factor: number): void {
  learnWaiting(place);
  for (let tail = 0; tail < TAILS; tail++) tailModel(place, tail).fade(factor);
}
