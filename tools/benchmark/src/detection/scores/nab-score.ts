import type { LabelledSeries } from '../data/dataset';

/** Weights of the three application profiles of NAB v1.1 (`config/profiles.json` of numenta/NAB). */
export const NAB_PROFILES = {
  standard: { truePositive: 1, falseNegative: 1, falsePositive: 0.11 },
  'low false positives': { truePositive: 1, falseNegative: 1, falsePositive: 0.22 },
  'low false negatives': { truePositive: 1, falseNegative: 2, falsePositive: 0.11 },
} as const;

export type NabProfile = keyof typeof NAB_PROFILES;

const PROBATION_SHARE = 0.15;
const MAX_PROBATION_ROWS = 0.15 * 5000;

/** Rows at the beginning which count for nothing: min(15 %, 750). */
export function probationRows(rows: number): number {
  return Math.floor(Math.min(PROBATION_SHARE * rows, MAX_PROBATION_ROWS));
}

/** What one detection at each row is worth before weighting, and which window it detects (-1: none, a false positive). */
interface RowWorth {
  readonly worth: Float64Array;
  readonly window: Int32Array;
}

function sigmoid(x: number): number {
  return 2 / (1 + Math.exp(5 * x)) - 1;
}

const BEST_WORTH = sigmoid(-1);
/** Windows after a window at which a false positive costs the most. */
const FAR_AWAY = 3;

/**
 * Position score after Lavin and Ahmad, "Evaluating Real-time Anomaly Detection Algorithms", 2015: in a window from 1 at its first
 * row towards 0 at its last; behind it from 0 towards -1; before the first window -1.
 */
function rowWorth(series: LabelledSeries): RowWorth {
  const rows = series.values.length;
  const worth = new Float64Array(rows);
  const window = new Int32Array(rows).fill(-1);
  let next = 0;
  let current = -1;
  let left: { row: number; length: number } | null = null;
  for (let row = 0; row < rows; row++) {
    if (series.windows[next]?.first === row) current = next++;
    if (current >= 0) {
      const { first, last } = series.windows[current]!;
      worth[row] = sigmoid(-(last - row + 1) / (last - first + 1)) / BEST_WORTH;
      window[row] = current;
      if (row === last) {
        left = { row, length: last - first + 1 };
        current = -1;
      }
    } else if (left === null) {
      worth[row] = -1;
    } else {
      const distance = (row - left.row) / (left.length - 1);
      worth[row] = distance > FAR_AWAY ? -1 : sigmoid(distance);
    }
  }
  return { worth, window };
}

/** A series with a score per row, prepared for any number of thresholds. */
export class NabScorer {
  private readonly rows: RowWorth;
  private readonly probation: number;
  /** Windows that reach beyond the probation: only these can be detected or missed. */
  private readonly live: number;

  constructor(
    readonly series: LabelledSeries,
    private readonly scores: Float64Array,
  ) {
    this.rows = rowWorth(series);
    this.probation = probationRows(scores.length);
    this.live = series.windows.filter((window) => window.last >= this.probation).length;
  }

  /** Raw score of detections at scores from `threshold` on. Unit: windows. */
  raw(profile: NabProfile, threshold: number): number {
    const { truePositive, falseNegative, falsePositive } = NAB_PROFILES[profile];
    const best = new Map<number, number>();
    let cost = 0;
    for (let row = this.probation; row < this.scores.length; row++) {
      if (!(this.scores[row]! >= threshold)) continue;
      const window = this.rows.window[row]!;
      const worth = this.rows.worth[row]!;
      if (window < 0) cost += worth * falsePositive;
      else best.set(window, Math.max(best.get(window) ?? -falseNegative, worth * truePositive));
    }
    const gained = [...best.values()].reduce((sum, worth) => sum + worth, 0);
    return cost + gained - (this.live - best.size) * falseNegative;
  }

  /** Raw scores of no detection at all, and of a perfect detector. */
  bounds(profile: NabProfile): { nothing: number; perfect: number } {
    const { truePositive, falseNegative } = NAB_PROFILES[profile];
    return { nothing: -falseNegative * this.live, perfect: truePositive * this.series.windows.length };
  }

  /** Calls back for each row behind the probation: its score, what a detection there is worth, and its window (-1 for none). */
  eachRow(visit: (score: number, worth: number, window: number) => void): void {
    for (let row = this.probation; row < this.scores.length; row++) {
      visit(this.scores[row]!, this.rows.worth[row]!, this.rows.window[row]!);
    }
  }
}

/** Score on the scale where 0 is no detection at all and 100 is perfect; NaN where there is no window. */
export function nabScore(scorers: readonly NabScorer[], profile: NabProfile, threshold: number): number {
  return normalise(
    scorers,
    profile,
    sum(scorers, (scorer) => scorer.raw(profile, threshold)),
  );
}

/** The same with a threshold fitted on the other folds; series `i` is in fold `i % folds`. */
export function heldOutNabScore(scorers: readonly NabScorer[], profile: NabProfile, folds: number): number {
  let raw = 0;
  for (let fold = 0; fold < folds; fold++) {
    const threshold = bestThreshold(
      scorers.filter((_, i) => i % folds !== fold),
      profile,
    );
    const held = scorers.filter((_, i) => i % folds === fold);
    raw += sum(held, (scorer) => scorer.raw(profile, threshold));
  }
  return normalise(scorers, profile, raw);
}

function normalise(scorers: readonly NabScorer[], profile: NabProfile, raw: number): number {
  const nothing = sum(scorers, (scorer) => scorer.bounds(profile).nothing);
  const perfect = sum(scorers, (scorer) => scorer.bounds(profile).perfect);
  return perfect > nothing ? (100 * (raw - nothing)) / (perfect - nothing) : NaN;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

/** Above every score: no detection at all. */
const NEVER = 1.1;

/** The threshold with the highest raw score; `NEVER` where no detection gains anything. One sweep from the highest score down. */
export function bestThreshold(scorers: readonly NabScorer[], profile: NabProfile): number {
  const { truePositive, falseNegative, falsePositive } = NAB_PROFILES[profile];
  const points: { score: number; worth: number; window: string | null }[] = [];
  let total = 0;
  scorers.forEach((scorer, i) => {
    total += scorer.bounds(profile).nothing;
    scorer.eachRow((score, worth, window) => {
      // Rows without any suspicion can only be a false positive at a threshold that nobody would choose.
      if (score > 0) points.push({ score, worth, window: window < 0 ? null : `${i}/${window}` });
    });
  });
  points.sort((a, b) => b.score - a.score);
  const gained = new Map<string, number>();
  let best = { total, threshold: NEVER };
  points.forEach(({ score, worth, window }, i) => {
    const before = window === null ? 0 : (gained.get(window) ?? -falseNegative);
    if (window === null) total += worth * falsePositive;
    else if (worth * truePositive > before) {
      total += worth * truePositive - before;
      gained.set(window, worth * truePositive);
    }
    if (points[i + 1]?.score !== score && total > best.total) best = { total, threshold: score };
  });
  return best.threshold;
}
