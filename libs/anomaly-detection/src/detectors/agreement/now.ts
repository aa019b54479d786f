/** What is to be done with the reading at hand: nothing, a series begins with it, or begins again, or it was judged and is to be learned. */
export const STEP = { nothing: 0, first: 1, again: 2, judged: 3 } as const;

/** The reading at hand, from its verdict until it is learned; in fields, since a number that is passed on would be allocated. */
export const now = {
  step: STEP.nothing as (typeof STEP)[keyof typeof STEP],
  timeUs: 0.5,
  /** The value as a difference from the origin, that origin, and its half hour of the day. */
  x: 0.5,
  origin: 0.5,
  bin: 0,
  /** Mean of the last few readings before it. */
  shortMean: 0.5,
  /** How far it is beyond the range seen, as a share of that. */
  beyond: 0.5,
  /** In units of what is an alarm: how far the statistics agree on one, how far it is from the usual level, the larger of both, and how long nothing has changed. */
  agreed: 0.5,
  far: 0.5,
  ratio: 0.5,
  stuck: 0.5,
  /** An alarm, and none was just raised. */
  isReport: false,
  /** Of a series that was constant. */
  isFirstChange: false,
};
