import { ABREAST, BUCKETS, MOST_ROWS, TAIL_CELLS } from '../../tails/tail-model';
import { SETTINGS } from './settings';

/** Time of day in half hours. */
export const SEASON_BINS = 48;
/** The last values are kept, as many as go into the short mean. */
export const LAST_READINGS = SETTINGS.shortReadings;

/** One tail model for each of these distances. */
export const TAIL = { residual: 0, shortMean: 1, season: 2, distance: 3 } as const;
export const TAILS = ABREAST;

/** The doubles of one series that every reading reaches, a few lines of the processor's cache. */
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
  /** Sum of the last 8 values. */
  shortSum: 8,
  slowMean: 9,
  /** Near the median of the last values. */
  usualLevel: 10,
  lowest: 11,
  highest: 12,
  /** Equal values up to the last reading, and the most there ever were on end. */
  run: 13,
  longestRun: 14,
  /** The smallest change ever seen, 0 while there was none. */
  resolution: 15,
  /** Readings since a fault began, 0 while there is none; readings until the next report. */
  faultReadings: 16,
  rest: 17,
  /** The distance from the usual level that is an alarm, and the usual such distance. */
  reach: 18,
  middleDistance: 19,
  /** For each of the first three distances: below this it is no surprise. */
  surprisingFrom: 20,

  /** A copy from the profile of the day, and of which half hour; below 0 where there is none. */
  seasonMean: 23,
  seasonBin: 24,
} as const;
export const CELLS = 25;
/** Those before are all but what is a copy. */
export const OWN_CELLS = CELL.seasonMean;

/** Those that few readings reach; behind them come those of the tail models. */
export const COLD = {
  /** How often the fault was reported. */
  faultAlarms: 0,
  /** What the limits are multiplied by. */
  evidenceFactor: 1,
  distanceFactor: 2,
  /** 95 % quantile of the distance. */
  largeDistance: 3,
  firstTime: 4,
  /** Alarms above the budget, below 0 where there were less, and what that multiplies the limits by. */
  overspent: 5,
  limitFactor: 6,
  /** By so many tenfolds an alarm has to be rarer than the limits are made for, in the long run and at the age of the series. */
  rarity: 7,
  rarityAtAge: 8,
} as const;
export const TAILS_AT = 9;
export const COLD_CELLS = TAILS_AT + TAIL_CELLS;

/** Distances and weight of a reading that waits to be learned, and how many such readings there is room for. */
export const WAITING_FLOATS = TAILS + 1;
export const WAITING_READINGS = MOST_ROWS;

/** The floats that every reading reaches: the last values, and what waits to be learned. */
export const LAST_AT = 0;
export const WAITING_AT = LAST_AT + LAST_READINGS;
export const FLOATS = WAITING_AT + WAITING_READINGS * WAITING_FLOATS;

/** Those that few reach: the profile of the day, the histograms of all tail models. */
export const SEASON_AT = 0;
export const COUNTS_AT = SEASON_AT + SEASON_BINS;
export const ALL_COUNTS = TAILS * BUCKETS;
export const COLD_FLOATS = COUNTS_AT + ALL_COUNTS;
