import type { ScorerKind } from './baseline';

const READINGS = 100;
const SIGMAS = 4;

/** Distance from the mean of the last 100 readings, 4 standard deviations being 0.5. */
export const movingZScore: ScorerKind = {
  name: 'moving z-score',
  create() {
    const last: number[] = [];
    return {
      score(_, value) {
        let score = 0;
        if (last.length === READINGS) {
          const mean = last.reduce((sum, x) => sum + x, 0) / READINGS;
          const variance = last.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (READINGS - 1);
          const ratio = variance > 0 ? Math.abs(value - mean) / Math.sqrt(variance) / SIGMAS : 0;
          score = ratio / (1 + ratio);
          last.shift();
        }
        last.push(value);
        return score;
      },
    };
  },
};
