import { expect, test } from '@jest/globals';
import { DETECTORS, SnapshotError } from '@tidewatch/anomaly-detection';
import * as fc from 'fast-check';
import type { PartitionStream, SeriesChange } from './partition-stream';
import { DEFAULT_STREAM_SETTINGS } from './settings';
import { collectingStream, feed, type Record, SERIES } from './spec/harness';

const SETTINGS = {
  ...DEFAULT_STREAM_SETTINGS,
  latenessMs: 30_000,
  idleTimeoutMs: 60_000,
  evictAfterMs: 120_000,
  maxRecentTimes: 16,
};
const START = 1_700_000_040_000;

type Store = Map<string, Uint8Array>;

function checkpoint(stream: PartitionStream, store: Store): void {
  for (const { hash, state } of stream.takeChanges()) {
    const key = Buffer.from(hash).toString('hex');
    if (state) store.set(key, state.slice());
    else store.delete(key);
  }
}

const records = fc
  .array(
    fc.record({
      pauseMs: fc.oneof({ weight: 4, arbitrary: fc.nat(5_000) }, { weight: 1, arbitrary: fc.nat(200_000) }),
      readings: fc.array(
        fc.record({
          series: fc.nat(SERIES.length - 1),
          time: fc.nat(50_000),
          value: fc.oneof(fc.nat(150), fc.double({ noNaN: true, noDefaultInfinity: true })),
        }),
        { maxLength: 30 },
      ),
    }),
    { maxLength: 20 },
  )
  .map((list): Record[] => {
    let appendedAtMs = START;
    return list.map(({ pauseMs, readings }) => {
      appendedAtMs += pauseMs;
      const base = appendedAtMs - 50_000;
      return { appendedAtMs, readings: readings.map((one) => ({ ...one, time: base + one.time })) };
    });
  });

test.each(DETECTORS)('restored after any record, all goes on bit for bit: $name', (kind) => {
  fc.assert(
    fc.property(records, fc.array(fc.boolean(), { maxLength: 20 }), (list, restarts) => {
      const straight = collectingStream(SETTINGS, kind);
      const straightStore: Store = new Map();
      let stream = collectingStream(SETTINGS, kind);
      const store: Store = new Map();
      const outputs: object[] = [];
      list.forEach((record, i) => {
        if (restarts[i]) {
          checkpoint(stream.stream, store);
          const clock = stream.stream.partitionState();
          outputs.push(...stream.output.windows, ...stream.output.anomalies);
          stream = collectingStream(SETTINGS, kind);
          stream.stream.restorePartition(clock);
          for (const [, state] of [...store].sort()) expect(stream.stream.restoreSeries(state)).toBe(true);
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
    { numRuns: 300 },
  );
});

const someState = (): SeriesChange & { state: Uint8Array } => {
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

test('a steady series takes few bytes: its times are one run', () => {
  const { stream } = collectingStream(DEFAULT_STREAM_SETTINGS);
  const readings = Array.from({ length: 3_000 }, (_, i) => ({ series: 0, time: START + i * 10, value: i }));
  feed(stream, { appendedAtMs: START, readings });
  const [change] = [...stream.takeChanges()];
  expect(change!.state!.length).toBeLessThan(500);
});
