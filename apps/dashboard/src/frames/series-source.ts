import type { FrameBody, SeriesRef, WindowAggregate } from '@tidewatch/contracts';
import type { LiveState, SeriesWatcher } from '../state/live-state';
import { type FrameSource, NoRoomError } from './frame-source';
import { type PointColumns, sortByTime, thinByExtremes } from './thinning';

const POINTS_PER_FRAME = 400;
const PENDING_CAPACITY = 1_024;
const PENDING_WINDOWS = 60;

/** The points of one series as they come; while they wait they are thinned to their extremes. */
export class SeriesSource implements FrameSource, SeriesWatcher {
  #pending: PointColumns = {
    timeUs: new Float64Array(PENDING_CAPACITY),
    value: new Float64Array(PENDING_CAPACITY),
    length: 0,
  };
  #windows: WindowAggregate[] = [];
  readonly #unwatch: () => void;
  pendingSinceMs = 0;

  /** Throws `NoRoomError`. */
  constructor(
    private readonly state: LiveState,
    private readonly series: SeriesRef,
  ) {
    const unwatch = state.watchSeries(series, this);
    if (unwatch === undefined) throw new NoRoomError('Too many series are being watched.');
    this.#unwatch = unwatch;
  }

  onReading(timeUs: number, value: number): void {
    const pending = this.#pending;
    if (pending.length === PENDING_CAPACITY) {
      sortByTime(pending);
      thinByExtremes(pending, PENDING_CAPACITY / 2);
    }
    pending.timeUs[pending.length] = timeUs;
    pending.value[pending.length] = value;
    pending.length++;
  }

  onReceived(receivedAtMs: number): void {
    if (this.pendingSinceMs === 0) this.pendingSinceMs = receivedAtMs;
  }

  onWindow(window: WindowAggregate): void {
    this.#windows.push(window);
    if (this.#windows.length > PENDING_WINDOWS) this.#windows.shift();
  }

  snapshot(): FrameBody {
    this.#clear();
    return {
      view: 'series',
      points: this.state.recentPoints(this.series),
      windows: this.state.recentWindows(this.series),
    };
  }

  hasPending(): boolean {
    return this.#pending.length > 0 || this.#windows.length > 0;
  }

  take(): FrameBody {
    const pending = this.#pending;
    sortByTime(pending);
    thinByExtremes(pending, POINTS_PER_FRAME);
    const timeMs = new Array<number>(pending.length);
    for (let i = 0; i < pending.length; i++) timeMs[i] = pending.timeUs[i]! / 1000;
    const value = Array.from(pending.value.subarray(0, pending.length));
    const windows = this.#windows;
    this.#clear();
    return { view: 'series', points: { timeMs, value }, windows };
  }

  close(): void {
    this.#unwatch();
  }

  #clear(): void {
    this.#pending.length = 0;
    this.#windows = [];
    this.pendingSinceMs = 0;
  }
}
