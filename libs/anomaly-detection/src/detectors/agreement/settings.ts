export const DAY_US = 86_400_000_000;

/**
 * One configuration for every series there is, chosen on labelled sets together (see the README). Lengths are in readings; weights,
 * shares and limits have no unit.
 */
export const SETTINGS = {
  /** Length of the short mean. */
  shortReadings: 8,
  /** The slow mean forgets over so many. */
  slowReadings: 120,
  /** Before these counts a statistic says nothing. */
  slowWarmUp: 100,
  rangeWarmUp: 16,
  distanceWarmUp: 36,
  /** After so many readings limits are twice as wide as later on. */
  youngReadings: 25,
  /** From so many readings on limits are narrower, before it wider, by a share for each tenfold; no more than so many tenfolds count. */
  experience: { readings: 2745, evidence: 0.34, distance: 0.068, fewest: -0.49, most: 0.57 },
  /**
   * In the first day, while no cycle of it is known, the evidence has to be larger by this share; it shrinks as the day goes on. For a series with
   * readings at shorter intervals than this it is gone after so many of them.
   */
  firstDay: { caution: 2, fastUs: 40_000_000, fastReadings: 480 },
  /** A series that was constant for so many readings is flagged at its first change; more, in proportion, where alarms have to be rarer. */
  constantReadings: 36,
  /** After so many changes a single step of the resolution is no alarm any more. */
  steppedChanges: 4,
  /** A series that changed so often and now repeats one value is stuck after so many readings, and never before some times its longest run. */
  stuck: { changes: 200, readings: 48, runs: 4, learnedShare: 0.5 },
  /** The usual level is the mean of so many; from then on it moves by this share of what is missing, and at most by that of its usual distance. */
  usualLevel: { young: 35, rate: 0.35, step: 0.13 },

  /** What the surprise (-log10 p) of each statistic is worth, and the most of it that counts. */
  residual: { weight: 1.16, cap: 5.26 },
  shortMean: { weight: 1.12, cap: 5.36 },
  season: { weight: 0.63, cap: 6.1 },
  /** Novelty counts from 1 to 4; beyond everything seen by this share of the range seen it is as large as can be. */
  range: { weight: 1.425, share: 0.0215 },
  /** Share of a residual's surprise that the bulk alone decides. */
  bulkShare: 0.3,
  /** Share of the evidence that is the largest single one; the rest is the sum. */
  largestShare: 0.684,

  /** Evidence that is an alarm; each alarm raises it by a share, which is forgotten over so many readings. */
  evidence: { limit: 6.41, growth: 0.026, forgetReadings: 6800 },
  /** Distance from the usual level, in units of its 95 % quantile, that is an alarm. */
  distance: { limit: 2.6, growth: 0.56, forgetReadings: 10_800 },
  /**
   * No more than one alarm in so many readings is accepted, however slow the series. By the tenfolds by which it is one in more, surprises count less. Up
   * to an age of some days each tenfold of readings may spend so much of what is accepted in a week. Limits are larger by a share for each fault
   * above the budget but the first ones, `free`, which are fewer the more readings there are for one, but not below a few; and smaller for each
   * below it, down to the least.
   */
  budget: { readings: 5000, spentPerTenfold: 0.5, growth: 0.075, free: 60, freeAtLeast: 10, least: 0.77 },
  /** For each tenfold by which alarms have to be rarer the limit of the distance is by so many tenfolds less likely to be reached. */
  rarerDistance: 1.3,
  /** After an alarm: readings until the next one, longer by a factor with each within one fault. */
  restReadings: 8,
  restGrowth: 1.6,

  /** While a series is anomalous its readings count by this share, until it has come down to so much of the limits. */
  faultWeight: 0.0655,
  faultOverBelow: 0.255,
  /** A fault that lasts longer is the new normal, and what was known before counts by this share. */
  faultReadings: 72,
  newNormalShare: 0.056,
  /** For each tenfold by which alarms have to be rarer its readings count by so many tenfolds less, and it lasts by so many longer. */
  rarerFault: { weight: 0.7, readings: 0.2 },
  seasonRate: 0.24,
  /**
   * Tail models forget by halves beyond so many readings; that of the distance from the usual level sooner, but by that many tenfolds later for each tenfold
   * by which alarms have to be rarer: what is that rare can't be told from a few.
   */
  tailReadings: 1_000_000,
  distanceReadings: 845,
  longerDistance: 0.75,
  /** After a silence of so many usual intervals, what the series did last says nothing of what it does now. */
  gapIntervals: 100,
  /** A series which has risen so often and never fallen is a counter. */
  counterRises: 16,
};
