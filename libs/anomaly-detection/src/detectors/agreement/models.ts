import { BUCKETS, TailModel, type WeightedRows } from '../../tails/tail-model';
import {
  CELL,
  COLD,
  COUNTS_AT,
  TAIL,
  TAILS,
  TAILS_AT,
  WAITING_AT,
  WAITING_FLOATS,
  WAITING_READINGS,
} from './layout';
import { SETTINGS } from './settings';
import type { SeriesState } from './state-blocks';

/** One serves every series and statistic in turn. */
const model = new TailModel();

/** The tail model of one statistic of one series, until the next call. */
export function tailModel({ cells, coldAt, floats, coldFloatsAt }: SeriesState, tail: number): TailModel {
  const counts = coldFloatsAt + COUNTS_AT + tail * BUCKETS;
  model.open(cells, coldAt + TAILS_AT + tail, floats, counts);
  return model;
}

/** -log10 of the probability of a distance this large or larger; 0 where it is not in the tail. */
export function surprise(state: SeriesState, tail: number, distance: number): number {
  if (!(distance > state.cells[state.cellsAt + CELL.surprisingFrom + tail]!)) return 0;
  const opened = tailModel(state, tail);
  const own = opened.surprise(distance);
  if (tail !== TAIL.residual) return own;
  return own + SETTINGS.bulkShare * (opened.bulkSurprise(distance) - own);
}

/** What waits of the series at hand. */
const rows: { -readonly [key in keyof WeightedRows]: WeightedRows[key] } = {
  values: new Float32Array(0),
  bits: new Uint32Array(0),
  from: 0,
  end: 0,
  width: WAITING_FLOATS,
};

/**
 * Counts the distances that wait, a batch at a time: each histogram is a walk through memory. A batch never passes a fit, and between
 * fits nobody looks at a histogram.
 */
export function learnWaiting(state: SeriesState): void {
  const { cells, cellsAt: at, coldAt } = state;
  rows.values = state.floats;
  rows.bits = state.bits;
  rows.from = state.floatsAt + WAITING_AT;
  rows.end = rows.from + state.waiting * WAITING_FLOATS;
  let most = WAITING_READINGS;
  for (let tail = 0; tail < TAILS; tail++) {
    const opened = tailModel(state, tail);
    opened.learnRows(rows, tail);
    if (opened.total > mostReadings(state, tail)) opened.fade(0.5);
    most = Math.min(most, opened.untilFit);
    if (tail === TAIL.distance) {
      cells[at + CELL.middleDistance] = opened.middle;
      cells[coldAt + COLD.largeDistance] = opened.nineteenTwentieths;
    } else {
      const bulk = tail === TAIL.residual ? opened.bulkFrom : Infinity;
      cells[at + CELL.surprisingFrom + tail] = Math.min(opened.tailFrom, bulk);
    }
  }
  state.waiting = 0;
  state.waitingMost = most;
}

/** The model of a tail forgets when it has counted more. */
function mostReadings({ cells, coldAt }: SeriesState, tail: number): number {
  const { tailReadings, distanceReadings, longerDistance } = SETTINGS;
  if (tail !== TAIL.distance) return tailReadings;
  return Math.min(tailReadings, distanceReadings * 10 ** (longerDistance * cells[coldAt + COLD.rarity]!));
}

/** Makes all that was learned count less, by a factor. The reading at hand, whose distances are the last to wait, still has to be learned. */
export function fadeModels(state: SeriesState, factor: number): void {
  const { floats, floatsAt } = state;
  const first = floatsAt + WAITING_AT;
  const atHand = first + state.waiting * WAITING_FLOATS;
  learnWaiting(state);
  floats.copyWithin(first, atHand, atHand + WAITING_FLOATS);
  for (let tail = 0; tail < TAILS; tail++) tailModel(state, tail).fade(factor);
}
