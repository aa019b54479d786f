import type { WindowAggregate } from '@tidewatch/contracts';

const MINUTE_MS = 60_000;

/** The newest minute of those known; of one that was revised, the highest revision. */
export function newestMinute(
  last: WindowAggregate | undefined,
  windows: readonly WindowAggregate[],
): WindowAggregate | undefined {
  let newest = last;
  for (const window of windows) {
    const isMinute = window.sizeMs === MINUTE_MS && window.stepMs === MINUTE_MS;
    if (isMinute && (newest === undefined || isNewer(window, newest))) newest = window;
  }
  return newest;
}

function isNewer(a: WindowAggregate, b: WindowAggregate): boolean {
  return a.startMs > b.startMs || (a.startMs === b.startMs && a.revision > b.revision);
}
