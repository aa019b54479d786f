import { shortNumber } from '@tidewatch/contracts';
import type { Episode } from './episode';
import { scoreOf } from './severity';

/** The threshold at which it would not have fired. */
export function episodeCounterfactual({ peak }: Readonly<Episode>): string {
  const score = Math.ceil(scoreOf(peak.ratio) * 1e4) / 1e4;
  return `It would not have fired at a threshold above ${score} (limits ${shortNumber(peak.ratio)} times as wide).`;
}
