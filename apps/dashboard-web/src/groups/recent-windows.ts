import type { GroupWindow } from '@tidewatch/contracts';
import type { Range } from '../chart/ranges';

const SHORT_MS = 10_000;
const MINUTE_MS = 60_000;
/** Over a longer range short windows would be a blur, and fewer of them are kept. */
const LONGEST_OF_SHORT_MS = 600_000;

/** Windows of a group that tumble, by size and start, each as it was told of last. */
export type RecentWindows = ReadonlyMap<string, GroupWindow>;

/** What a frame brings; a snapshot replaces all that was there. */
export function withFrame(
  known: RecentWindows,
  windows: readonly GroupWindow[],
  isSnapshot: boolean,
): RecentWindows {
  const next = new Map(isSnapshot ? [] : known);
  for (const window of windows) {
    const { sizeMs, stepMs, startMs } = window;
    if (sizeMs === stepMs) next.set(`${sizeMs}:${startMs}`, window);
  }
  return next;
}

/** The size of window that a range is drawn of. */
export function sizeOf({ ms }: Range): number {
  return ms <= LONGEST_OF_SHORT_MS ? SHORT_MS : MINUTE_MS;
}

/** Those of one size that end after a time, ascending. */
export function windowsSince(known: RecentWindows, sizeMs: number, fromMs: number): GroupWindow[] {
  return [...known.values()]
    .filter((window) => window.sizeMs === sizeMs && window.startMs + sizeMs > fromMs)
    .sort((a, b) => a.startMs - b.startMs);
}

/** Of the readings of all windows together: how many, their mean, the least and the greatest. Undefined of no window. */
export function summaryOf(windows: readonly GroupWindow[]) {
  if (windows.length === 0) return undefined;
  const count = windows.reduce((total, window) => total + window.count, 0);
  return {
    count,
    mean: windows.reduce((total, window) => total + window.sum, 0) / count,
    min: Math.min(...windows.map(({ min }) => min)),
    max: Math.max(...windows.map(({ max }) => max)),
    last: windows.at(-1)!,
  };
}
