import { type DetectorKind, newVerdict, observe } from '@tidewatch/anomaly-detection';
import type { ScorerKind } from './baselines/baseline';
import type { LabelledSeries } from './data/dataset';
import { movingZScore } from './baselines/moving-z';
import { randomBaseline } from './baselines/random';
import { rangeNovelty } from './baselines/range-novelty';
import { singleTail } from './baselines/single-tail';

export const BASELINES: readonly ScorerKind[] = [randomBaseline, rangeNovelty, movingZScore, singleTail];

/** A detector of the product as a scorer, called as the processing service calls it. */
export function productScorer(kind: DetectorKind): ScorerKind {
  return {
    name: kind.name,
    create() {
      const detector = kind.create();
      const verdict = newVerdict();
      return {
        score(timeUs, value) {
          observe(detector, timeUs, value, verdict);
          return verdict.score;
        },
      };
    },
  };
}

/**
 * A score per row. As in the service, a reading that is not later than the one before it is never shown to a detector, nor is one without
 * a value: such rows score 0.
 */
export function scoreSeries(kind: ScorerKind, series: LabelledSeries): Float64Array {
  const scores = new Float64Array(series.values.length);
  const scorer = kind.create();
  let latestUs = -Infinity;
  for (let row = 0; row < scores.length; row++) {
    const timeUs = series.timesUs[row]!;
    const value = series.values[row]!;
    if (timeUs <= latestUs || !Number.isFinite(value)) continue;
    latestUs = timeUs;
    scores[row] = scorer.score(timeUs, value);
  }
  return scores;
}
