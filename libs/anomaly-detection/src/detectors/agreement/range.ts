import type { Verdict } from '../../detector';

const BISECTIONS = 40;

/** A deviation in units of the usual one; Infinity where there never was one. */
export function relative(deviation: number, usual: number): number {
  return usual > 0 ? deviation / usual : Infinity;
}

/** Writes the range that reaches so far to both sides. */
export function around(centre: number, reach: number, verdict: Verdict): void {
  verdict.expectedMin = centre - reach;
  verdict.expectedMax = centre + reach;
}

/** The largest share from 0 to 1 that is not flagged, 0 not being flagged and 1 being. */
export function largestBelow(isFlagged: (share: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (isFlagged(middle)) high = middle;
    else low = middle;
  }
  return low;
}
