import { TAIL } from './layout';
import { SETTINGS } from './settings';

/** What a value beyond all seen counts at least, and at most above that. */
const NOVEL = 1;
const MORE_NOVEL = 3;

/**
 * How strongly the statistics agree. `surprises` are -log10 of tail probabilities, by TAIL; `beyond` is how far the reading is outside
 * the range seen, as a share of it. Each counts up to its cap, by what it is above `rarity`: so much surprises as often as alarms are accepted. The
 * sum of what they are worth, with some weight on the largest one.
 */
export function evidence(surprises: Float64Array, beyond: number, rarity: number): number {
  const { residual, shortMean, season, range, largestShare } = SETTINGS;
  const a = residual.weight * counted(surprises[TAIL.residual]! - rarity, residual.cap);
  const b = shortMean.weight * counted(surprises[TAIL.shortMean]! - rarity, shortMean.cap);
  const c = season.weight * counted(surprises[TAIL.season]! - rarity, season.cap);
  const novelty = beyond > 0 ? NOVEL + MORE_NOVEL * Math.min(1, beyond / range.share) : 0;
  const d = range.weight * counted(novelty - rarity, NOVEL + MORE_NOVEL);
  return largestShare * Math.max(a, b, c, d) + (1 - largestShare) * (a + b + c + d);
}

function counted(surprise: number, cap: number): number {
  return Math.max(0, Math.min(surprise, cap));
}
