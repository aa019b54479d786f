import { describe, expect, test } from '@jest/globals';
import type { Anomaly, WindowAggregate } from '@tidewatch/contracts';
import type { ReadingBatch, SeriesKey } from '@tidewatch/readings';
import { AnomalySource } from '../frames/anomaly-source';
import { LatestSource } from '../frames/latest-source';
import { SeriesSource } from '../frames/series-source';
import { DEFAULT_LIMITS, LiveState } from './live-state';

const key = (device: string, tags: SeriesKey['tags'] = []): SeriesKey => ({
  device,
  metric: 'temperature',
  tags,
});
const ref = (device: string) => ({ device, metric: 'temperature', tags: {} });

function block(...rows: [series: SeriesKey, timeUs: number, value: number][]): ReadingBatch {
  const series = [...new Set(rows.map(([itsKey]) => itsKey))];
  return {
    series,
    seriesIndex: Uint32Array.from(rows, ([itsKey]) => series.indexOf(itsKey)),
    timeUs: Float64Array.from(rows, ([, time]) => time),
    value: Float64Array.from(rows, ([, , value]) => value),
  };
}
const latestOf = (state: LiveState) => {
  const body = new LatestSource(state).snapshot();
  return body.view === 'latest' ? body.values : [];
};
const anomalyWith = (id: string, revision = 0): Anomaly => ({
  id,
  revision,
  state: 'open',
  incidentId: 'incident',
  series: ref('a'),
  began: '2026-01-01T00:00:00.000000Z',
  peakTime: '2026-01-01T00:00:00.000000Z',
  peakValue: 1,
  ended: null,
  durationSeconds: 0,
  flaggedReadings: 1,
  expectedMin: 0,
  expectedMax: 0.5,
  score: 0.9,
  ratio: 9,
  deviation: 4,
  statistics: [],
  related: [],
  severity: 'warning',
  detector: 'test',
  explanation: 'Too high.',
  counterfactual: 'Lower.',
});
const windowWith = (id: string, device = 'a'): WindowAggregate => ({
  id,
  revision: 0,
  final: false,
  series: ref(device),
  sizeMs: 10_000,
  stepMs: 10_000,
  startMs: 0,
  count: 1,
  min: 1,
  max: 1,
  sum: 1,
  sumOfSquares: 1,
  ...{ mean: 1, stddev: 0, p50: 1, p90: 1, p99: 1 },
  first: 1,
  last: 1,
});

describe('latest values', () => {
  test('are the latest by event time; a late or repeated reading does not overwrite', () => {
    const state = new LiveState();
    const a = key('a');
    state.applyReadings(block([a, 5_000, 50], [a, 3_000, 30]), 1);
    state.applyReadings(block([a, 4_000, 40], [a, 5_000, 51]), 2);
    expect(latestOf(state)).toEqual([{ series: ref('a'), timeMs: 5, value: 50 }]);
    expect(state.recentPoints(ref('a'))).toEqual({ timeMs: [3, 4, 5], value: [30, 40, 50] });
  });

  test('tell series apart by tags, in any order of the tags of a request', () => {
    const state = new LiveState();
    const tags = [
      ['line', '1'],
      ['site', 'x'],
    ] as const;
    state.applyReadings(block([key('a'), 1_000, 1], [key('a', tags), 1_000, 2]), 1);
    expect(latestOf(state)).toHaveLength(2);
    expect(state.recentPoints({ ...ref('a'), tags: { site: 'x', line: '1' } }).value).toEqual([2]);
  });

  test('are sent once, in several frames when they are many, none starving', () => {
    const state = new LiveState();
    const keys = Array.from({ length: 25 }, (_, i) => key(`d${i}`));
    const source = new LatestSource(state, 10);
    const seen = new Map<string, number>();
    const take = () => {
      const body = source.take();
      if (body.view !== 'latest') throw new Error('another view');
      for (const { series, value } of body.values) seen.set(series.device, value);
      return body.values.length;
    };
    for (let round = 1; round <= 3; round++) {
      state.applyReadings(
        block(...keys.map((k) => [k, round * 1_000, round] as [SeriesKey, number, number])),
        1,
      );
      expect(source.hasPending()).toBe(true);
      expect(take()).toBeGreaterThanOrEqual(5);
    }
    expect(seen.size).toBe(25);
    while (source.hasPending()) take();
    expect([...new Set(seen.values())]).toEqual([3]);
    state.applyReadings(block([keys[3]!, 9_000, 9]), 1);
    expect(take()).toBe(1);
  });
});

describe('frames of latest values', () => {
  test('stay small when names are long and tags many', () => {
    const state = new LiveState();
    const tags = Array.from({ length: 16 }, (_, i) => [`${i}`.padEnd(128, 'k'), 'v'.repeat(128)] as const);
    const rows = Array.from({ length: 200 }, (_, i): [SeriesKey, number, number] => [
      key(`d${i}`.padEnd(128), tags),
      1_000,
      i,
    ]);
    state.applyReadings(block(...rows), 1);
    const source = new LatestSource(state);
    let values = 0;
    for (let frames = 0; values < 200; frames++) {
      expect(frames).toBeLessThan(20);
      const body = source.take();
      expect(JSON.stringify(body).length).toBeLessThan(140_000);
      values += body.view === 'latest' ? body.values.length : 0;
    }
  });
});

describe('a watched series', () => {
  test('gives a snapshot, then what comes, sorted and with nothing of others', () => {
    const state = new LiveState();
    state.applyReadings(block([key('a'), 1_000, 1]), 1);
    const source = new SeriesSource(state, ref('a'));
    expect(source.snapshot()).toEqual({ view: 'series', points: { timeMs: [1], value: [1] }, windows: [] });
    expect(source.hasPending()).toBe(false);
    state.applyReadings(block([key('a'), 3_000, 3], [key('b'), 9_000, 9], [key('a'), 2_000, 2]), 1, 77);
    state.applyWindow(windowWith('w1'));
    state.applyWindow(windowWith('w1'));
    expect(source.pendingSinceMs).toBe(77);
    expect(source.take()).toEqual({
      view: 'series',
      points: { timeMs: [2, 3], value: [2, 3] },
      windows: [windowWith('w1')],
    });
    source.close();
    state.applyReadings(block([key('a'), 4_000, 4]), 1);
    expect(source.hasPending()).toBe(false);
  });

  test('bounds what waits, and keeps its extremes', () => {
    const state = new LiveState();
    const source = new SeriesSource(state, ref('a'));
    source.snapshot();
    for (let i = 0; i < 20_000; i++) {
      state.applyReadings(block([key('a'), i * 1_000, i === 5_000 ? 1e6 : i % 7]), 1);
    }
    const body = source.take();
    if (body.view !== 'series') throw new Error('another view');
    expect(body.points.value.length).toBeLessThanOrEqual(400);
    expect(Math.max(...body.points.value)).toBe(1e6);
    expect(body.points.timeMs.at(-1)).toBe(19_999);
  });

  test('may be unknown yet, and keeps its place when the table is full', () => {
    const state = new LiveState({ ...DEFAULT_LIMITS, series: 3 });
    const source = new SeriesSource(state, ref('wanted'));
    source.snapshot();
    for (const device of ['a', 'b', 'c', 'd']) state.applyReadings(block([key(device), 1_000, 1]), 1);
    expect(
      latestOf(state)
        .map(({ series }) => series.device)
        .sort(),
    ).toEqual(['c', 'd']);
    state.applyReadings(block([key('wanted'), 2_000, 2]), 1);
    expect(source.hasPending()).toBe(true);
  });

  test('is refused when every place is watched', () => {
    const state = new LiveState({ ...DEFAULT_LIMITS, series: 1 });
    new SeriesSource(state, ref('a'));
    expect(() => new SeriesSource(state, ref('b'))).toThrow('Too many series are being watched.');
  });
});

describe('memory', () => {
  test('of points stays within its bound; idle series give theirs to busy ones', () => {
    const state = new LiveState({ ...DEFAULT_LIMITS, pointBytes: 1_024 });
    const fill = (device: string, atMs: number) => {
      for (let i = 0; i < 100; i++) state.applyReadings(block([key(device), i * 1_000, i]), atMs);
    };
    for (const device of ['a', 'b', 'c']) fill(device, 1_000);
    expect(state.pointBytes).toBeLessThanOrEqual(1_024);
    expect(state.recentPoints(ref('c')).value).toEqual([]);
    fill('c', 100_000);
    expect(state.recentPoints(ref('c')).value.at(-1)).toBe(99);
    expect(state.recentPoints(ref('a')).value).toEqual([]);
    expect(state.pointBytes).toBeLessThanOrEqual(1_024);
  });

  test('keeps the highest revision of a window, in whatever order they come', () => {
    const state = new LiveState({ ...DEFAULT_LIMITS, windows: 2 });
    const source = new SeriesSource(state, ref('a'));
    const revisions = [0, 1, 2].map((revision) => ({ ...windowWith('w1'), revision, count: revision + 1 }));
    for (const at of [1, 0, 2, 1]) state.applyWindow(revisions[at]!);
    state.applyWindow({ ...windowWith('w2'), startMs: 10_000 });
    expect(state.recentWindows(ref('a')).map(({ id, count }) => `${id} ${count}`)).toEqual(['w1 3', 'w2 1']);
    const taken = source.take();
    expect(taken.view === 'series' && taken.windows.map(({ id, revision }) => `${id} ${revision}`)).toEqual([
      'w1 1',
      'w1 2',
      'w2 0',
    ]);
    // The oldest by its first arrival goes, whatever its revision.
    state.applyWindow({ ...windowWith('w3'), startMs: 20_000 });
    expect(state.recentWindows(ref('a')).map(({ id }) => id)).toEqual(['w2', 'w3']);
  });

  test('of windows is bounded per series and in all', () => {
    const state = new LiveState({ ...DEFAULT_LIMITS, windows: 5, windowsPerSeries: 3 });
    for (let i = 0; i < 10; i++) state.applyWindow(windowWith(`a${i}`));
    expect(state.recentWindows(ref('a')).map(({ id }) => id)).toEqual(['a7', 'a8', 'a9']);
    for (let i = 0; i < 5; i++) state.applyWindow(windowWith(`b${i}`, 'b'));
    expect(state.recentWindows(ref('a'))).toEqual([]);
  });
});

describe('anomalies', () => {
  test('change in place; a frame has each as it is in the end, and an older revision changes nothing', () => {
    const state = new LiveState();
    const source = new AnomalySource(state);
    source.snapshot();
    for (const revision of [0, 2, 1]) state.applyAnomaly(anomalyWith('one', revision));
    state.applyAnomaly(anomalyWith('other'));
    const frame = { view: 'anomalies', anomalies: [anomalyWith('one', 2), anomalyWith('other')], dropped: 0 };
    expect(source.take()).toEqual(frame);
    expect(source.snapshot()).toEqual(frame);
    state.applyAnomaly(anomalyWith('one', 3));
    expect(source.take()).toEqual({ ...frame, anomalies: [anomalyWith('one', 3)] });
  });

  test('come once each; a slow client gets the newest and the number it missed', () => {
    const state = new LiveState();
    state.applyAnomaly(anomalyWith('first'));
    const source = new AnomalySource(state);
    expect(source.snapshot()).toEqual({ view: 'anomalies', anomalies: [anomalyWith('first')], dropped: 0 });
    state.applyAnomaly(anomalyWith('first'));
    expect(source.hasPending()).toBe(false);
    for (let i = 0; i < 60; i++) state.applyAnomaly(anomalyWith(`x${i}`));
    const body = source.take();
    if (body.view !== 'anomalies') throw new Error('another view');
    expect(body.dropped).toBe(10);
    expect(body.anomalies.map(({ id }) => id).slice(0, 2)).toEqual(['x10', 'x11']);
    source.close();
    state.applyAnomaly(anomalyWith('after'));
    expect(source.hasPending()).toBe(false);
  });
});
