import { BUCKETS, MOST_ROWS, TAIL_CELLS } from '../../tails/tail-model';

/** Time of day in half hours. */
export const SEASON_BINS = 48;
/** The last values are kept, for both levels. */
export const HISTORY_READINGS = 96;

/** One tail model for each of these distances. */
export const TAIL = { residual: 0, shortMean: 1, level: 2, season: 3, distance: 4 } as const;
export const TAILS = 5;

/** The doubles of one series: first what every reading reaches, a few lines of the processor's cache, then what few do. */
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
  /** Sums of the last 8 values, of the last 48, and of the 48 before. */
  shortSum: 8,
  levelSum: 9,
  beforeSum: 10,
  slowMean: 11,
  /** Near the median of the last values. */
  usualLevel: 12,
  lowest: 13,
  highest: 14,
  /** Equal values up to the last reading, and the most there ever were on end. */
  run: 15,
  longestRun: 16,
  /** The smallest change ever seen, 0 while there was none. */
  resolution: 17,
  /** Readings since a fault began, 0 while there is none; readings until the next report. */
  faultReadings: 18,
  rest: 19,
  /** The distance from the usual level that is an alarm, and the usual such distance. */
  reach: 20,
  middleDistance: 21,
  /** For each of the first four distances: below this it is no surprise. */
  surprisingFrom: 22,

  /** How often the fault was reported. */
  faultAlarms: 26,
  /** What the limits are multiplied by. */
  evidenceFactor: 27,
  distanceFactor: 28,
  /** 95 % quantile of the distance. */
  largeDistance: 29,
  firstTime: 30,
  /** Alarms above the budget, below 0 where there were less, and what that multiplies the limits by. */
  overspent: 31,
  limitFactor: 32,
} as const;
export const CELLS = 33;

/** Distances and weight of a reading that waits to be learned, and how many such readings there is room for. */
export const WAITING_FLOATS = TAILS + 1;
export const WAITING_READINGS = MOST_ROWS;

/** The floats of one series: what waits to be learned, the last values, the profile of the day. */
export const WAITING_AT = 0;
export const HISTORY_AT = WAITING_READINGS * WAITING_FLOATS;
export const SEASON_AT = HISTORY_AT + HISTORY_READINGS;
export const FLOATS = SEASON_AT + SEASON_BINS;

/** The doubles and the histograms of all tail models of one series. */
export const ALL_TAIL_CELLS = TAILS * TAIL_CELLS;
export const ALL_COUNTS = TAILS * BUCKETS;
