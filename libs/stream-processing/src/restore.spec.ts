import { expect, test } from '@jest/globals';
import { type DetectorKind, DETECTORS, SnapshotError } from '@tidewatch/anomaly-detection';
import * as fc from 'fast-check';
import type { StateChange } from './outputs';
import type { PartitionStream } from './partition-stream';
import { DEFAULT_STREAM_SETTINGS } from './settings';
import {
  anyRecords,
  checkpoint,
  collectingStream,
  feed,
  jumpDetector,
  type Record,
  SERIES,
  SHORT_TIMES,
  type Store,
} from './spec/harness';
import type { WindowValues } from './windows/window-layout';

const SETTINGS = {
  ...SHORT_TIMES,
  slidingWindows: [
    { sizeMs: 40_000, stepMs: 10_000 },
    { sizeMs: 120_000, stepMs: 40_000 },
  ],
  maxRecentTimes: 16,
  maxTimes: 32,
};
const START = 1_700_000_040_000;

type WindowOutput = { series: number } & WindowValues;

const records = anyRecords(START, {
  series: SERIES.length,
  value: fc.oneof(fc.nat(150), fc.double({ noNaN: true, noDefaultInfinity: true })),
  mostReadings: 30,
});

/** Stores what has changed and goes on with a new stream that has only what was stored. */
function restart(
  old: PartitionStream,
  store: Store,
  kind?: DetectorKind,
): ReturnType<typeof collectingStream> {
  checkpoint(old, store);
  const next = collectingStream(SETTINGS, kind);
  next.stream.restorePartition(old.partitionState());
  for (const [, state] of [...store].sort()) expect(next.stream.restoreSeries(state)).toBe(true);
  return next;
}

test.each([...DETECTORS, jumpDetector])(
  'restored after any record, all goes on bit for bit: $name',
  (kind) => {
    fc.assert(
      fc.property(records, fc.array(fc.boolean(), { maxLength: 20 }), (list, restarts) => {
        const straight = collectingStream(SETTINGS, kind);
        const straightStore: Store = new Map();
        let stream = collectingStream(SETTINGS, kind);
        const store: Store = new Map();
        const outputs: object[] = [];
        list.forEach((record, i) => {
          if (restarts[i]) {
            outputs.push(...stream.output.windows, ...stream.output.anomalies);
            stream = restart(stream.stream, store, kind);
          }
          feed(straight.stream, record);
          feed(stream.stream, record);
        });
        outputs.push(...stream.output.windows, ...stream.output.anomalies);
        const inAnyOrder = (list: object[]) => list.map((one) => JSON.stringify(one)).sort();
        expect(inAnyOrder(outputs)).toEqual(
          inAnyOrder([...straight.output.windows, ...straight.output.anomalies]),
        );
        checkpoint(stream.stream, store);
        checkpoint(straight.stream, straightStore);
        expect(new Map([...store].sort())).toEqual(new Map([...straightStore].sort()));
        expect(stream.stream.partitionState()).toEqual(straight.stream.partitionState());
      }),
      { numRuns: 150 },
    );
  },
);

const KINDS = [
  { sizeMs: 10_000, stepMs: 10_000 },
  { sizeMs: 60_000, stepMs: 60_000 },
  ...SETTINGS.slidingWindows,
];

/** By window, in the form `series:size:step:start`. */
function distinctTimes(list: readonly Record[]): Map<string, Set<number>> {
  const times = new Map<string, Set<number>>();
  for (const { series, time } of list.flatMap(({ readings }) => readings)) {
    for (const { sizeMs, stepMs } of KINDS) {
      for (let start = time - (time % stepMs); start > time - sizeMs; start -= stepMs) {
        const id = `${series}:${sizeMs}:${stepMs}:${start}`;
        times.set(id, (times.get(id) ?? new Set()).add(time));
      }
    }
  }
  return times;
}

test('revisions rise by one up to a final one, and no reading counts twice, however late it comes again, restarts and forgotten series included', () => {
  fc.assert(
    fc.property(records, records, fc.array(fc.boolean(), { maxLength: 40 }), (list, more, restarts) => {
      const shift = (list.at(-1)?.appendedAtMs ?? START) - START;
      const later = more.map(({ appendedAtMs, readings }, i) => ({
        appendedAtMs: appendedAtMs + shift,
        // Other readings, and once more all that was sent long before.
        readings: [
          ...(list[i]?.readings ?? []),
          ...readings.map((one) => ({ ...one, time: one.time + shift })),
        ],
      }));
      const all = [...list, ...later];
      const store: Store = new Map();
      let stream = collectingStream(SETTINGS);
      const windows: object[] = [];
      all.forEach((record, i) => {
        if (restarts[i]) stream = restart(stream.stream, store);
        feed(stream.stream, record);
        windows.push(...stream.output.windows.splice(0));
      });
      const sent = distinctTimes(all);
      const last = new Map<string, WindowOutput>();
      for (const window of windows as WindowOutput[]) {
        const id = `${window.series}:${window.sizeMs}:${window.stepMs}:${window.startMs}`;
        const before = last.get(id);
        last.set(id, window);
        expect(window.revision).toBe((before?.revision ?? -1) + 1);
        expect(before?.final ?? false).toBe(false);
        expect(window.count).toBeGreaterThan(before?.count ?? 0);
        expect(window.count).toBeLessThanOrEqual(sent.get(id)!.size);
      }
    }),
    { numRuns: 150 },
  );
});

test('a window that is final because there are too many times stays so, also where the reading that made it so is late', () => {
  const full = Array.from({ length: SETTINGS.maxRecentTimes }, (_, i) => ({
    series: 0,
    time: START + 7_000 + i * 1_800,
    value: i,
  }));
  const late: Record = {
    appendedAtMs: START + 40_001,
    readings: [{ series: 0, time: START + 8_000, value: 1 }],
  };
  const store: Store = new Map();
  let stream = collectingStream(SETTINGS);
  feed(stream.stream, { appendedAtMs: START + 40_000, readings: full });
  stream = restart(stream.stream, store);
  feed(stream.stream, late);
  expect(stream.stream.counts).toMatchObject({ processed: 0, late: 1 });
  stream = restart(stream.stream, store);
  feed(stream.stream, late);
  expect(stream.stream.counts).toMatchObject({ processed: 0, late: 1 });
  expect(stream.output.windows).toEqual([]);
});

const someState = (): StateChange & { state: Uint8Array } => {
  const { stream } = collectingStream(SETTINGS);
  feed(stream, {
    appendedAtMs: START,
    readings: [0, 1, 2, 25, 26, 500].map((time) => ({ series: 1, time: START + time, value: time })),
  });
  const [change] = [...stream.takeChanges()].map(({ hash, state }) => ({ hash, state: state!.slice() }));
  return change!;
};

test('damaged state is refused, wherever the damage is, and nothing stays of it', () => {
  const { state } = someState();
  for (let i = 0; i < state.length; i++) {
    const damaged = state.slice();
    damaged[i]! ^= 0x11;
    const { stream } = collectingStream(SETTINGS);
    expect(() => stream.restoreSeries(damaged)).toThrow(SnapshotError);
    expect(() => stream.restoreSeries(state.subarray(0, i))).toThrow(SnapshotError);
    expect(stream.seriesCount).toBe(0);
  }
});

test('the state of another detector only resets the detector', () => {
  const { state } = someState();
  const { stream } = collectingStream(SETTINGS, DETECTORS[0]);
  expect(stream.restoreSeries(state)).toBe(false);
  feed(stream, { appendedAtMs: START + 1, readings: [{ series: 1, time: START + 26, value: 1 }] });
  expect(stream.counts).toMatchObject({ duplicate: 1, processed: 0 });
});

test('windows that are no longer wanted are left out of a restored state, and new ones begin', () => {
  const at = (second: number, value: number): Record => ({
    appendedAtMs: START + second * 1000,
    readings: [{ series: 0, time: START + second * 1000, value }],
  });
  const old = collectingStream(SETTINGS);
  for (let second = 0; second <= 45; second += 5) feed(old.stream, at(second, second));
  const store: Store = new Map();
  checkpoint(old.stream, store);
  const other = collectingStream({ ...SETTINGS, slidingWindows: [{ sizeMs: 60_000, stepMs: 20_000 }] });
  for (const state of store.values()) expect(other.stream.restoreSeries(state)).toBe(true);
  feed(other.stream, at(63, 63));
  // The short windows of before were kept for the minute, and serve new windows that were not over yet.
  const ofSize = (sizeMs: number) =>
    (other.output.windows as WindowOutput[])
      .filter((window) => window.sizeMs === sizeMs)
      .map(({ stepMs, startMs, count, revision }) => [stepMs, startMs - START, count, revision]);
  expect(ofSize(60_000)).toEqual([
    [60_000, 0, 10, 0],
    [20_000, 0, 10, 0],
  ]);
  expect(ofSize(40_000)).toEqual([]);
  checkpoint(other.stream, store);
  const again = collectingStream({ ...SETTINGS, slidingWindows: [] });
  for (const state of store.values()) expect(again.stream.restoreSeries(state)).toBe(true);
});

test('a steady series takes few bytes: its times are one run', () => {
  const { stream } = collectingStream(DEFAULT_STREAM_SETTINGS);
  const readings = Array.from({ length: 3_000 }, (_, i) => ({
    series: 0,
    time: START + i * 10,
    value: i % 2,
  }));
  feed(stream, { appendedAtMs: START, readings });
  const [change] = [...stream.takeChanges()];
  expect(change!.state!.length).toBeLessThan(500);
});
