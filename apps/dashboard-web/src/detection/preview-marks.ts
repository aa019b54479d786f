import type { PreviewEpisode, PreviewPoints } from '@tidewatch/contracts';
import type { Mark } from '../chart/chart-options';

/** Columns of a chart with a band; each piece of the range stands at its middle. */
export function columnsOf(
  points: PreviewPoints | undefined,
): [timeMs: number[], mean: number[], least: number[], greatest: number[]] {
  if (points === undefined) return [[], [], [], []];
  const { timeMs, seconds, mean, min, max } = points;
  return [timeMs.map((ms) => ms + seconds * 500), mean, min, max];
}

/** One for each episode: those that would be gone first, so that the others are drawn over them. */
export function marksOf(
  episodes: readonly PreviewEpisode[],
  range: { readonly fromMs: number; readonly toMs: number },
): Mark[] {
  return episodes
    .map(({ episode, raisedBy }) => ({
      timeMs: Date.parse(episode.peakTime),
      value: episode.peakValue,
      fromMs: Math.max(range.fromMs, Date.parse(episode.began)),
      toMs: episode.ended === null ? range.toMs : Date.parse(episode.ended),
      isGone: !raisedBy.includes('tried'),
    }))
    .sort((a, b) => Number(b.isGone) - Number(a.isGone));
}
