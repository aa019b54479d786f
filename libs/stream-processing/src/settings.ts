import { paneMs } from './windows/composite-windows';
import type { WindowSpec } from './windows/window-layout';

/** All times are event times or times of the log (`appendedAtMs`): no clock is ever read. */
export interface StreamSettings {
  /** How far behind the greatest event time of its series a reading may be and still count. */
  readonly latenessMs: number;
  /**
   * How long readings out of order are waited for: in event time by the end of a window, before the window is emitted for the first time; in
   * event time or in the log's by a series that was out of order lately, before a reading goes to its detector.
   */
  readonly reorderMs: number;
  /** After `latenessMs` and this without a reading, by the log's time, the windows of a series close without one. */
  readonly idleTimeoutMs: number;
  /** After this time without a reading, by the log's time, a series is forgotten. */
  readonly evictAfterMs: number;
  /** A reading further ahead of the log's time than this has a wrong clock: it must not make all others late. */
  readonly maxAheadMs: number;
  /** Series of one partition; readings of further series are counted and left out. */
  readonly maxSeries: number;
  /** Distinct event times of one series within the lateness; above it the lateness of that series shrinks. */
  readonly maxRecentTimes: number;
  /** As above, of all series of a partition, looked at every 10 s of the log's time; above it, the series with the most shrink. */
  readonly maxTimes: number;
  /**
   * Of what is kept of series of a partition to judge their late readings, at most (about): above it some give theirs up, and what was told of them
   * can't be revised any more.
   */
  readonly maxHistoryBytes: number;
  /** An episode ends when its series has not been out of range for this long, in event time, and for two readings. */
  readonly episodeCalmMs: number;
  /** Windows that slide, beside those of 10 s and a minute, which every series has. */
  readonly slidingWindows: readonly WindowSpec[];
  /** Tags by which series are grouped: windows also over all series of a metric and one value of the tag. */
  readonly groupTags: readonly string[];
  /** Groups of one partition; readings are in no window of further ones. */
  readonly maxGroups: number;
}

/** Sizes and steps are multiples of it: windows are put together from panes. */
const SHORTEST_PANE_MS = 10_000;
/** Of one window, and so about what a series holds for it. */
const MOST_PANES = 60;
const MOST_SLIDING = 4;

export const DEFAULT_STREAM_SETTINGS: StreamSettings = {
  latenessMs: 120_000,
  reorderMs: 2_000,
  idleTimeoutMs: 300_000,
  evictAfterMs: 7 * 86_400_000,
  maxAheadMs: 600_000,
  maxSeries: 10_000,
  maxRecentTimes: 32_768,
  maxTimes: 2_000_000,
  maxHistoryBytes: 64 * 1024 * 1024,
  episodeCalmMs: 60_000,
  slidingWindows: [],
  groupTags: [],
  maxGroups: 1_000,
};

/**
 * A series that begins must not go back behind the windows of those that were forgotten. These end at most `maxAheadMs` and a minute, or
 * the longest window, after the last reading; what comes in time (by lateness and idle time-out) is later than that only if eviction takes
 * longer than all together.
 */
export function shortestEvictionMs({
  latenessMs,
  idleTimeoutMs,
  maxAheadMs,
  slidingWindows,
}: Pick<StreamSettings, 'latenessMs' | 'idleTimeoutMs' | 'maxAheadMs' | 'slidingWindows'>): number {
  const longestMs = Math.max(60_000, ...slidingWindows.map(({ sizeMs }) => sizeMs));
  return latenessMs + idleTimeoutMs + maxAheadMs + longestMs;
}

/** What is wrong with windows that are to slide, in words; undefined where nothing is. */
export function faultOfSlidingWindows(windows: readonly WindowSpec[]): string | undefined {
  if (windows.length > MOST_SLIDING) return `more than ${MOST_SLIDING} kinds of windows`;
  for (const [i, { sizeMs, stepMs }] of windows.entries()) {
    const name = `${sizeMs / 1000}s/${stepMs / 1000}s`;
    const isWhole = [sizeMs, stepMs].every((ms) => ms > 0 && ms % SHORTEST_PANE_MS === 0);
    if (!isWhole) return `${name}: size and step must be multiples of 10 s`;
    if (stepMs >= sizeMs) return `${name}: the step must be shorter than the window`;
    const panes = sizeMs / paneMs({ sizeMs, stepMs });
    if (panes > MOST_PANES) return `${name}: a window of ${panes} panes; at most ${MOST_PANES} are possible`;
    if (windows.findIndex((one) => one.sizeMs === sizeMs && one.stepMs === stepMs) < i)
      return `${name} twice`;
  }
  return undefined;
}

/** Throws `RangeError` on settings that contradict each other. */
export function checkSettings({ slidingWindows, groupTags, ...numbers }: StreamSettings): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`${name} must be a whole number, not negative: ${value}`);
    }
  }
  const fault = faultOfSlidingWindows(slidingWindows);
  if (fault !== undefined) throw new RangeError(`slidingWindows: ${fault}`);
  if (new Set(groupTags).size < groupTags.length) throw new RangeError('groupTags: a tag is there twice');
  if (numbers.evictAfterMs <= shortestEvictionMs({ ...numbers, slidingWindows })) {
    throw new RangeError(
      'evictAfterMs must be longer than latenessMs, idleTimeoutMs, maxAheadMs and the longest window (a minute at least) together',
    );
  }
  if (numbers.maxRecentTimes < 8) throw new RangeError('maxRecentTimes must be at least 8');
}
