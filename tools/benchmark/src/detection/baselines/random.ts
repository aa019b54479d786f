import type { ScorerKind } from './baseline';

/** Share of readings at 0.5 or more: about one in a thousand, as many as a detector of some use raises. */
const ALARM_SHARE = 0.001;

/** Alarms that know nothing: what chance alone is worth. The same ones in every run. */
export const randomBaseline: ScorerKind = {
  name: 'random',
  create() {
    let state = 0x9e3779b9;
    return {
      score() {
        // xorshift32 (Marsaglia, 2003).
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        const uniform = (state >>> 0) / 4_294_967_296;
        return uniform < ALARM_SHARE ? 0.5 + uniform / ALARM_SHARE / 2 : uniform / 2;
      },
    };
  },
};
