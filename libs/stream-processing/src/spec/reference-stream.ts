import type { StreamSettings } from '../settings';
import { fromFixedPoint, toFixedPoint } from '../sums/fixed-point';
import { type Record, SERIES } from './harness';

interface State {
  accepted: Map<number, number>;
  watermark: number;
  lastAppendMs: number;
  emitted: Set<string>;
}

/**
 * The rules of windows written down as simply as possible: keeps every reading, recomputes every window from scratch.
 * Knows nothing of detectors, of bounds on series or times, and of eviction.
 */
export function referenceWindows(settings: StreamSettings, records: readonly Record[]): object[] {
  const states: State[] = SERIES.map(() => ({
    accepted: new Map(),
    watermark: -Infinity,
    lastAppendMs: 0,
    emitted: new Set(),
  }));
  const windows: object[] = [];
  let clock = 0;
  for (const { appendedAtMs, readings } of records) {
    const sweep = Math.floor(appendedAtMs / 10_000) > Math.floor(clock / 10_000);
    clock = Math.max(clock, appendedAtMs);
    if (sweep) {
      states.forEach((state, series) => {
        if (state.accepted.size === 0) return;
        if (clock - state.lastAppendMs < settings.latenessMs + settings.idleTimeoutMs) return;
        const newest = Math.max(...state.accepted.keys());
        state.watermark = Math.max(state.watermark, (Math.floor(newest / 60_000) + 1) * 60_000);
        windows.push(...closed(state, series));
      });
    }
    for (const { series, time, value } of readings) {
      const state = states[series]!;
      if (time > clock + settings.maxAheadMs || time < state.watermark || state.accepted.has(time)) continue;
      state.accepted.set(time, value);
      state.lastAppendMs = clock;
      state.watermark = Math.max(state.watermark, time - settings.latenessMs);
      windows.push(...closed(state, series));
    }
  }
  return windows;
}

function closed(state: State, series: number): object[] {
  const windows: object[] = [];
  for (const sizeMs of [10_000, 60_000]) {
    const starts = new Set([...state.accepted.keys()].map((time) => Math.floor(time / sizeMs) * sizeMs));
    for (const startMs of starts) {
      const id = `${sizeMs}:${startMs}`;
      if (startMs + sizeMs > state.watermark || state.emitted.has(id)) continue;
      state.emitted.add(id);
      windows.push({ series, ...aggregate(state.accepted, startMs, sizeMs) });
    }
  }
  return windows;
}

function aggregate(accepted: ReadonlyMap<number, number>, startMs: number, sizeMs: number): object {
  const inside = [...accepted]
    .filter(([time]) => time >= startMs && time < startMs + sizeMs)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value + 0);
  return {
    sizeMs,
    startMs,
    count: inside.length,
    min: Math.min(...inside),
    max: Math.max(...inside),
    sum: exactSum(inside),
    sumOfSquares: exactSum(inside.map((value) => Math.min(value * value, Number.MAX_VALUE))),
    first: inside[0],
    last: inside.at(-1),
  };
}

function exactSum(values: readonly number[]): number {
  return fromFixedPoint(values.reduce((total, value) => total + toFixedPoint(value), 0n));
}
