import { setImmediate } from 'node:timers/promises';
import type { PreviewLine, PreviewPlan, PreviewProgress, PreviewStop } from '@tidewatch/contracts';
import { formatTimeUs } from '@tidewatch/readings';
import type { Comparison } from './comparison';
import type { MergedReadings } from './merged-readings';
import type { Outline } from './outline';
import type { Replay } from './replay';

/** The event loop is given back after so many readings: a few milliseconds. */
const READINGS_AT_ONCE = 1_000;
const PROGRESS_EVERY_MS = 500;

export interface PreviewRunParts {
  readonly plan: PreviewPlan;
  /** µs; readings are replayed from `runInUs` on. */
  readonly range: { readonly fromUs: number; readonly toUs: number; readonly runInUs: number };
  /** Until when silent series are looked at, ms: not beyond now. */
  readonly untilMs: number;
  readonly readings: MergedReadings;
  readonly replay: Replay;
  readonly comparison: Comparison;
  readonly outline: Outline;
  readonly limits: { readonly readings: number; readonly seconds: number; readonly episodes: number };
  readonly isStopping: () => boolean;
}

/** One preview, from its plan to its summary. What it says depends on the stored readings only; the clock decides about progress and bounds. */
export class PreviewRun {
  private readonly beganMs = performance.now();
  private taken = 0;
  private reachedUs: number | undefined;

  constructor(private readonly parts: PreviewRunParts) {}

  /** How many readings were replayed so far. */
  get readings(): number {
    return this.taken;
  }

  /** Ends early, without a summary, when `signal` is aborted. */
  async *lines(signal: AbortSignal): AsyncGenerator<PreviewLine, void> {
    const { plan, readings, replay, comparison, outline, range, untilMs } = this.parts;
    yield plan;
    const take = (...reading: Parameters<Replay['take']>): void => {
      replay.take(...reading);
      outline.take(...reading);
      this.reachedUs = reading[1];
    };
    let stopped: PreviewStop['reason'] | undefined;
    for (let nextProgressMs = this.beganMs; ;) {
      await readings.fill();
      if (signal.aborted) return;
      if (readings.isOver) break;
      stopped = this.bound();
      if (stopped !== undefined) break;
      this.taken += readings.take(Math.min(READINGS_AT_ONCE, this.parts.limits.readings - this.taken), take);
      yield* comparison.settle();
      if (performance.now() >= nextProgressMs) {
        yield this.progress();
        nextProgressMs = performance.now() + PROGRESS_EVERY_MS;
      }
      await setImmediate();
    }
    replay.end(stopped === undefined ? untilMs : undefined);
    yield* comparison.settle();
    const endUs = stopped === undefined ? range.toUs : Math.max(range.fromUs, this.reachedUs ?? 0);
    yield* comparison.finish(endUs);
    yield* outline.lines();
    const seconds = Math.round(performance.now() - this.beganMs) / 1000;
    yield {
      ...{ type: 'summary', readings: this.taken, seconds },
      stopped: stopped === undefined ? null : { reason: stopped, time: this.reached() },
      ...comparison.summary(endUs),
    };
  }

  private bound(): PreviewStop['reason'] | undefined {
    const { limits, comparison, isStopping } = this.parts;
    if (this.taken >= limits.readings) return 'readings';
    if (comparison.count >= limits.episodes) return 'episodes';
    if (performance.now() - this.beganMs >= limits.seconds * 1000) return 'time';
    return isStopping() ? 'shutdown' : undefined;
  }

  private reached(): string | null {
    return this.reachedUs === undefined ? null : formatTimeUs(this.reachedUs);
  }

  private progress(): PreviewProgress {
    const { runInUs, toUs } = this.parts.range;
    const share = ((this.reachedUs ?? runInUs) - runInUs) / (toUs - runInUs);
    const expected = share > 0 ? Math.round(this.taken / share) : null;
    return {
      ...{ type: 'progress', readings: this.taken, time: this.reached() },
      expectedReadings: expected !== null && Number.isSafeInteger(expected) ? expected : null,
    };
  }
}
