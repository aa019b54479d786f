import { lengthInWords, shortNumber } from '@tidewatch/contracts';
import type { Episode, Peak } from './episode';
import { scoreOf } from './severity';

const DIGITS = 6;
const MOST_DIGITS = 17;

/** The threshold, or the limit, at which it would not have fired. */
export function episodeCounterfactual({ peak }: Readonly<Episode>): string {
  const limit = limitOf(peak);
  if (limit !== undefined) return `It would not have fired with a limit ${limit}.`;
  const score = Math.ceil(scoreOf(peak.ratio) * 1e4) / 1e4;
  return `It would not have fired at a threshold above ${score} (limits ${shortNumber(peak.ratio)} times as wide).`;
}

function limitOf({ cause, value, observed }: Readonly<Peak>): string | undefined {
  if (cause === 'above') return `of ${rounded(value, 1)} or more`;
  if (cause === 'below') return `of ${rounded(value, -1)} or less`;
  if (cause === 'rate') return `of ${rounded(Math.abs(observed), 1)} a second or more`;
  return cause === 'no-change' ? `longer than ${lengthInWords(observed)}` : undefined;
}

/** With few digits: not less than `x` where the side is 1, not more where it is -1. */
function rounded(x: number, side: 1 | -1): number {
  for (let digits = DIGITS; digits < MOST_DIGITS; digits++) {
    const near = Number(x.toPrecision(digits));
    if (side * (near - x) >= 0) return near;
  }
  return x;
}
