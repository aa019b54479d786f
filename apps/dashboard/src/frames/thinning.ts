/** Columns of points, ascending by time. */
export interface PointColumns {
  timeUs: Float64Array;
  value: Float64Array;
  length: number;
}

/**
 * Thins ascending points in place to at most `limit` (≥ 4), so that a line drawn through them looks the same: the first and the last
 * stay, and of each of equally filled buckets between them the lowest and the highest value, in order of time.
 */
export function thinByExtremes(points: PointColumns, limit: number): void {
  const { timeUs, value, length } = points;
  if (length <= limit) return;
  const buckets = (limit - 2) >>> 1;
  let kept = 1;
  const keep = (from: number): void => {
    timeUs[kept] = timeUs[from]!;
    value[kept] = value[from]!;
    kept++;
  };
  for (let bucket = 0; bucket < buckets; bucket++) {
    const begin = 1 + Math.floor((bucket * (length - 2)) / buckets);
    const end = 1 + Math.floor(((bucket + 1) * (length - 2)) / buckets);
    let lowest = begin;
    let highest = begin;
    for (let i = begin + 1; i < end; i++) {
      if (value[i]! < value[lowest]!) lowest = i;
      if (value[i]! > value[highest]!) highest = i;
    }
    keep(Math.min(lowest, highest));
    if (lowest !== highest) keep(Math.max(lowest, highest));
  }
  keep(length - 1);
  points.length = kept;
}

/** Sorts the columns by time in place (insertion sort: arrivals are nearly in order). */
export function sortByTime({ timeUs, value, length }: PointColumns): void {
  for (let i = 1; i < length; i++) {
    const time = timeUs[i]!;
    if (time >= timeUs[i - 1]!) continue;
    const itsValue = value[i]!;
    let at = i;
    for (; at > 0 && timeUs[at - 1]! > time; at--) {
      timeUs[at] = timeUs[at - 1]!;
      value[at] = value[at - 1]!;
    }
    timeUs[at] = time;
    value[at] = itsValue;
  }
}
