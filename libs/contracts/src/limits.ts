/** Limits of what a client may send. They are part of the API: a change is a new version of it. */
export const LIMITS = {
  readingsPerRequest: 5_000,
  requestBytes: 5 * 1024 * 1024,
  /** Length of a device, metric, tag key or tag value, in UTF-8 bytes. */
  nameBytes: 128,
  tagsPerReading: 16,
  /** Times are microseconds since the epoch; both ends are included. 1970-01-01 to 2199-12-31. */
  minTimeUs: 0,
  maxTimeUs: 7_258_118_399_999_999,
  /** Bytes of a record on the log. */
  blockBytes: 1_000_000,
} as const;
