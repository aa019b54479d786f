import { BUCKETS, TAIL_CELLS } from '../../tails/tail-model';

/** Time of day in half hours. */
export const SEASON_BINS = 48;
/** The last values are kept, for both levels. */
export const HISTORY_READINGS = 96;

/** One tail model for each of these distances. */
export const TAIL = { residual: 0, shortMean: 1, level: 2, season: 3, distance: 4 } as const;
export const TAILS = 5;

/** The doubles of one series: these, which every reading reaches, then the cells of its tail models, which few do. */
export const CELL = {
  /** All readings, and those since the beginning or the last long gap. */
  readings: 0,
  sinceBegin: 1,
  /** The first value. All else is a difference from it, so that large values keep their small digits. */
  origin: 2,
  lastValue: 3,
  lastTime: 4,
  usualInterval: 5,
  rises: 6,
  falls: 7,
  /** Sums of the last 48 values and of the 48 before. */
  levelSum: 8,
  beforeSum: 9,
  slowMean: 10,
  lowest: 11,
  highest: 12,
  /** Readings since a fault began, 0 while there is none; how often it was reported; readings until the next report. */
  faultReadings: 13,
  faultAlarms: 14,
  rest: 15,
  /** What the limits are multiplied by. */
  evidenceFactor: 16,
  distanceFactor: 17,
  /** Where the next value goes among the last ones. */
  slot: 18,
  /** Near the median of the last values. */
  usualLevel: 19,
  /** Readings that wait to be learned, and how many there can be before a tail model is due to be fitted again. */
  waiting: 20,
  waitingMost: 21,
  /** Of the tail model of the distance: median and 95 % quantile. */
  middleDistance: 22,
  largeDistance: 23,
  /** For each of the first four distances: below this it is no surprise. */
  surprisingFrom: 24,
  /** Equal values up to the last reading, and the most there ever were on end. */
  run: 28,
  longestRun: 29,
  /** The smallest change ever seen, 0 while there was none. */
  resolution: 30,
  firstTime: 31,
  /** 1 while a run is longer than it may be. */
  isStuck: 32,
  /** Alarms above the budget, below 0 where there were less, and what that multiplies the limits by. */
  overspent: 33,
  limitFactor: 34,
} as const;
const OWN_CELLS = 35;
export const CELLS = OWN_CELLS + TAILS * TAIL_CELLS;

/** Where the cells of a tail model begin among those of its series. */
export function tailCellsAt(tail: number): number {
  return OWN_CELLS + tail * TAIL_CELLS;
}

/** Distances and weight of a reading that waits to be learned, and how many such readings there is room for. */
export const WAITING_FLOATS = TAILS + 1;
export const WAITING_READINGS = 16;

/** The floats of one series: what waits to be learned, the last values, the profile of the day, then the histograms. */
export const WAITING_AT = 0;
export const HISTORY_AT = WAITING_READINGS * WAITING_FLOATS;
export const SEASON_AT = HISTORY_AT + HISTORY_READINGS;
const COUNTS_AT = SEASON_AT + SEASON_BINS;
export const FLOATS = COUNTS_AT + TAILS * BUCKETS;

/** Where the histogram of a tail model begins among the floats of its series. */
export function tailCountsAt(tail: number): number {
  return COUNTS_AT + tail * BUCKETS;
}
