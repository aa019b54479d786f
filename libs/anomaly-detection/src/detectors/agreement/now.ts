/** The reading at hand, for the functions that judge it and take it in; in fields, since a number that is passed on would be allocated. */
export const now = {
  timeUs: 0.5,
  /** The value as a difference from the origin, and its half hour of the day. */
  x: 0.5,
  bin: 0,
  /** Mean of the last few readings before it. */
  shortMean: 0.5,
  /** How far it is beyond the range seen, as a share of that, and from the usual level, in units of what is an alarm. */
  beyond: 0.5,
  far: 0.5,
};
