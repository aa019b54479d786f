import type { StreamSettings } from '../settings';
import { bucketOf, middleOf } from '../sketches/buckets';
import { fromFixedPoint, toFixedPoint } from '../sums/fixed-point';
import type { WindowSpec } from '../windows/window-layout';
import { type Record, SERIES } from './harness';

const TUMBLING: WindowSpec[] = [10_000, 60_000].map((ms) => ({ sizeMs: ms, stepMs: ms }));

interface State {
  accepted: Map<number, number>;
  watermark: number;
  lastAppendMs: number;
  /** Windows that end at or before it have been emitted. None while nothing is open. */
  mark: number | undefined;
  /** By window, the readings that it was last emitted with, and its last revision. */
  emitted: Map<string, { count: number; revision: number }>;
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
    mark: undefined,
    emitted: new Map(),
  }));
  const windows: object[] = [];
  let clock = 0;
  for (const { appendedAtMs, readings } of records) {
    const sweep = floorTo(10_000, appendedAtMs) > floorTo(10_000, clock);
    clock = Math.max(clock, appendedAtMs);
    if (sweep) {
      states.forEach((state, series) => {
        if (state.mark === undefined) return;
        if (clock - state.lastAppendMs < settings.latenessMs + settings.idleTimeoutMs) return;
        const end = floorTo(60_000, newest(state)) + 60_000;
        state.watermark = Math.max(state.watermark, end);
        windows.push(...emissions(settings, { state, series, mark: Infinity }));
        state.mark = undefined;
      });
    }
    for (const { series, time, value } of readings) {
      const state = states[series]!;
      if (time > clock + settings.maxAheadMs || time < state.watermark || state.accepted.has(time)) continue;
      const inOrder = time > newest(state);
      state.accepted.set(time, value);
      state.lastAppendMs = clock;
      state.mark ??= floorTo(10_000, time);
      if (!inOrder) continue;
      state.watermark = Math.max(state.watermark, time - settings.latenessMs);
      const mark = floorTo(10_000, time - settings.reorderMs);
      if (mark <= state.mark) continue;
      state.mark = mark;
      windows.push(...emissions(settings, { state, series, mark }));
    }
  }
  return windows;
}

function newest({ accepted }: State): number {
  return Math.max(...accepted.keys());
}

function floorTo(step: number, x: number): number {
  return Math.floor(x / step) * step;
}

/** Windows which end at or before `mark` and have other readings than when they were emitted. */
function emissions(
  { slidingWindows }: StreamSettings,
  { state, series, mark }: { state: State; series: number; mark: number },
): object[] {
  const windows: object[] = [];
  for (const spec of [...TUMBLING, ...slidingWindows]) {
    const starts = new Set([...state.accepted.keys()].flatMap((time) => startsOf(spec, time)));
    for (const startMs of starts) {
      const end = startMs + spec.sizeMs;
      const content = aggregate(state.accepted, startMs, spec);
      const id = `${spec.sizeMs}:${spec.stepMs}:${startMs}`;
      const before = state.emitted.get(id) ?? { count: 0, revision: -1 };
      if (end > mark || before.count === content.count) continue;
      const revision = before.revision + 1;
      state.emitted.set(id, { count: content.count, revision });
      windows.push({ series, ...content, revision, final: end <= state.watermark });
    }
  }
  return windows;
}

/** Of all windows that a time is in. */
function startsOf({ sizeMs, stepMs }: WindowSpec, time: number): number[] {
  const starts: number[] = [];
  for (let start = floorTo(stepMs, time); start > time - sizeMs; start -= stepMs) starts.push(start);
  return starts;
}

function aggregate(accepted: ReadonlyMap<number, number>, startMs: number, { sizeMs, stepMs }: WindowSpec) {
  const inside = [...accepted]
    .filter(([time]) => time >= startMs && time < startMs + sizeMs)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value + 0);
  return {
    sizeMs,
    stepMs,
    startMs,
    count: inside.length,
    min: Math.min(...inside),
    max: Math.max(...inside),
    sum: exactSum(inside),
    sumOfSquares: exactSum(inside.map((value) => Math.min(value * value, Number.MAX_VALUE))),
    mean: exactSum(inside) / inside.length,
    p50: percentile(inside, 50),
    p90: percentile(inside, 90),
    p99: percentile(inside, 99),
    first: inside[0],
    last: inside.at(-1),
  };
}

/** Of few values, which all have a bucket of their own size: the middle of that of the value with this rank. */
function percentile(values: readonly number[], percent: number): number {
  const ascending = Float64Array.from(values).sort();
  const exact = ascending[Math.floor((percent * (ascending.length - 1)) / 100)]!;
  return Math.max(ascending[0]!, Math.min(ascending.at(-1)!, middleOf(bucketOf(exact, 0), 0)));
}

function exactSum(values: readonly number[]): number {
  return fromFixedPoint(values.reduce((total, value) => total + toFixedPoint(value), 0n));
}
