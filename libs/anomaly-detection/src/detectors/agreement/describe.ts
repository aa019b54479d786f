import type { Verdict } from '../../detector';
import { evidence } from './evidence';
import { CELL, COLD, TAIL } from './layout';
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
  } else if (wouldAgree(state, flagged, level, flagged.shortMean)) {
    describeLevel(state, flagged, verdict);
    return;
  } else {
    const { x, shortMean } = flagged;
    const share = largestBelow((part) => wouldAgree(state, flagged, level + (x - level) * part, shortMean));
    around(level + origin, away * share, verdict);
  }
  verdict.deviation = relative(away, tailModel(state, TAIL.distance).middle);
}

/** The short mean alone is enough: it would be an alarm even if the reading were at the usual level. */
function describeLevel(state: SeriesState, flagged: Flagged, verdict: Verdict): void {
  const { cells, cellsAt: at } = state;
  const origin = cells[at + CELL.origin]!;
  const slowMean = cells[at + CELL.slowMean]!;
  const moved = flagged.shortMean - slowMean;
  const level = cells[at + CELL.usualLevel]!;
  const share = largestBelow((part) => wouldAgree(state, flagged, level, slowMean + moved * part));
  around(slowMean + origin, Math.abs(moved) * share, verdict);
  verdict.cause = 'level';
  verdict.observed = flagged.shortMean + origin;
  verdict.deviation = relative(Math.abs(moved), tailModel(state, TAIL.shortMean).middle);
}

/** Whether the statistics would agree on an alarm if the reading, and the mean of the last ones before it, had these values. */
function wouldAgree(state: SeriesState, { bin, surprises }: Flagged, x: number, shortMean: number): boolean {
  const moved = Math.abs(shortMean - state.cells[state.cellsAt + CELL.slowMean]!);
  const supposed = Float64Array.from(surprises);
  supposed[TAIL.residual] = surprise(state, TAIL.residual, Math.abs(x - shortMean));
  if (supposed[TAIL.shortMean]! > 0) supposed[TAIL.shortMean] = surprise(state, TAIL.shortMean, moved);
  supposed[TAIL.season] = surprise(state, TAIL.season, Math.abs(x - usualAt(state, bin)));
  const rarity = state.cells[state.coldAt + COLD.rarityAtAge]!;
  return evidence(supposed, novelty(state, x), rarity) >= evidenceLimit(state);
}
