import type { ScorerKind } from './baseline';

/** Beyond everything seen by this share of the range seen. */
const BEYOND = 0.02;
const WARM_UP = 20;

/** A value 2 % of the range beyond anything seen before. */
export const rangeNovelty: ScorerKind = {
  name: 'range novelty',
  create() {
    let [seen, lowest, highest] = [0, Infinity, -Infinity];
    return {
      score(_, value) {
        const beyond = Math.max(value - highest, lowest - value);
        const limit = BEYOND * (highest - lowest);
        const ratio = limit > 0 ? Math.max(0, beyond) / limit : 0;
        lowest = Math.min(lowest, value);
        highest = Math.max(highest, value);
        return ++seen > WARM_UP ? ratio / (1 + ratio) : 0;
      },
    };
  },
};
