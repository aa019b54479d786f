import { describe, expect, test } from '@jest/globals';
import { scoresForTests, seriesForTests } from './labelled-series-for-tests';
import {
  bestThreshold,
  heldOutNabScore,
  type NabProfile,
  NabScorer,
  nabScore,
  probationRows,
} from './nab-score';

const SERIES = [
  seriesForTests('a/one.csv', 400, [
    { first: 100, last: 139 },
    { first: 300, last: 319 },
  ]),
  seriesForTests('a/two.csv', 6000, [{ first: 20, last: 40 }]),
  seriesForTests('b/four.csv', 500, []),
  seriesForTests('b/three.csv', 1000, [{ first: 140, last: 160 }]),
  seriesForTests('c/five.csv', 800, [
    { first: 300, last: 379 },
    { first: 500, last: 549 },
    { first: 700, last: 799 },
  ]),
];
const scorers = SERIES.map((series, i) => new NabScorer(series, scoresForTests(series.values.length, i + 1)));

/** What the reference scorer (an offline form of numenta/NAB v1.1) says of the very same series and scores. */
const REFERENCE: Record<NabProfile, { fixed: number; best: number; held: number }> = {
  standard: { fixed: -161.758855398152, best: 8.344802591501, held: -11.846153846154 },
  'low false positives': { fixed: -365.130260735585, best: 4.05058921591, held: -23.692307692308 },
  'low false negatives': { fixed: -94.887637903999, best: 16.235917562606, held: -8.105263157895 },
};

describe.each(Object.keys(REFERENCE) as NabProfile[])(
  'the profile %s agrees with the reference',
  (profile) => {
    test('at a fixed threshold', () => {
      expect(nabScore(scorers, profile, 0.5)).toBeCloseTo(REFERENCE[profile].fixed, 6);
    });

    test('at the best threshold', () => {
      expect(nabScore(scorers, profile, bestThreshold(scorers, profile))).toBeCloseTo(
        REFERENCE[profile].best,
        6,
      );
    });

    test('with the threshold of the other folds', () => {
      expect(heldOutNabScore(scorers, profile, 5)).toBeCloseTo(REFERENCE[profile].held, 6);
    });
  },
);

test('no detection is worth 0, one at the first row of every window nearly 100', () => {
  const none = SERIES.map((series) => new NabScorer(series, new Float64Array(series.values.length)));
  expect(nabScore(none, 'standard', 0.5)).toBe(0);
  const perfect = SERIES.slice(0, 1).map((series) => {
    const scores = new Float64Array(series.values.length);
    for (const { first } of series.windows) scores[first] = 1;
    return new NabScorer(series, scores);
  });
  expect(nabScore(perfect, 'standard', 0.5)).toBeGreaterThan(99);
});

test('a series without a window has no score of its own', () => {
  expect(nabScore([scorers[2]!], 'standard', 0.5)).toBeNaN();
});

test.each([
  [100, 15],
  [5000, 750],
  [50_000, 750],
])('of %d rows the first %d count for nothing', (rows, expected) => {
  expect(probationRows(rows)).toBe(expected);
});
