import type { Verdict } from '../../detector';
import { evidence } from './evidence';
import { CELL, TAIL } from './layout';
import { distanceLimit, evidenceLimit } from './limits';
import { surprise, tailModel } from './models';
import { novelty } from './novelty';
import { around, largestBelow, relative } from './range';
import { usualAt } from './season';
import type { SeriesState } from './state-blocks';

/** What `describe` needs to know of a flagged reading. */
export interface Flagged {
  /** The reading, as a difference from the origin, and its half hour of the day. */
  readonly x: number;
  readonly bin: number;
  readonly shortMean: number;
  readonly surprises: Float64Array;
}

/** Writes the range that would not have been flagged, found with the very functions that flagged the reading. */
export function describe(state: SeriesState, flagged: Flagged, verdict: Verdict): void {
  const { cells, cellsAt: at } = state;
  const origin = cells[at + CELL.origin]!;
  const level = cells[at + CELL.usualLevel]!;
  const away = Math.abs(flagged.x - level);
  const reach = distanceLimit(state);
  if (reach > 0 && away >= reach) {
    around(level + origin, reach, verdict);
  } else if (wouldAgree(state, flagged, level)) {
    describeLevel(state, flagged, verdict);
    return;
  } else {
    const share = largestBelow((part) => wouldAgree(state, flagged, level + (flagged.x - level) * part));
    around(level + origin, away * share, verdict);
  }
  verdict.deviation = relative(away, tailModel(state, TAIL.distance).middle);
}

/** The short mean alone is enough, whatever the reading is. */
function describeLevel(state: SeriesState, { shortMean, surprises }: Flagged, verdict: Verdict): void {
  const { cells, cellsAt: at } = state;
  const origin = cells[at + CELL.origin]!;
  const moved = Math.abs(shortMean - cells[at + CELL.slowMean]!);
  const others = Float64Array.of(0, 0, surprises[TAIL.level]!, 0);
  const share = largestBelow((part) => {
    others[TAIL.shortMean] = surprise(state, TAIL.shortMean, moved * part);
    return evidence(others, 0) >= evidenceLimit(state);
  });
  around(cells[at + CELL.slowMean]! + origin, moved * share, verdict);
  verdict.cause = 'level';
  verdict.observed = shortMean + origin;
  verdict.deviation = relative(moved, tailModel(state, TAIL.shortMean).middle);
}

/** Whether the statistics would agree on an alarm if the reading had this value. */
function wouldAgree(state: SeriesState, { bin, shortMean, surprises }: Flagged, x: number): boolean {
  const usual = usualAt(state, bin);
  const supposed = Float64Array.from(surprises);
  supposed[TAIL.residual] = surprise(state, TAIL.residual, Math.abs(x - shortMean));
  supposed[TAIL.season] = surprise(state, TAIL.season, Math.abs(x - usual));
  return evidence(supposed, novelty(state, x)) >= evidenceLimit(state);
}
