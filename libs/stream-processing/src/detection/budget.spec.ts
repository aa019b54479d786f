import { describe, expect, test } from '@jest/globals';
import { type DetectorKind, detectorKind } from '@tidewatch/anomaly-detection';
import type { DetectionInput } from '@tidewatch/contracts';
import { ReadingBatchBuilder, seriesHash, seriesKey, type SeriesKey } from '@tidewatch/readings';
import * as fc from 'fast-check';
import { PartitionStream } from '../partition-stream';
import { DEFAULT_STREAM_SETTINGS, type StreamSettings } from '../settings';
import { countingDetector } from '../spec/harness';
import { settingsOfSubjects } from './settings-of-subjects';

const START_US = 1_700_000_040_000_000;
const SECOND_US = 1_000_000;
const HOUR = 3_600;
const SINK = { window: () => undefined, group: () => undefined, episode: () => undefined };

const pump = Array.from({ length: 19 }, (_, i) => seriesKey('pump', `metric-${i}`));
const meter = seriesKey('meter', 'total');
const ofMetric = (metric: string, input: DetectionInput) => ({
  ...{ scope: 'metric' as const, subject: metric, input },
});
const ofSeries = (key: SeriesKey, input: DetectionInput) => ({
  ...{ scope: 'series' as const, subject: Buffer.from(seriesHash(key)).toString('hex'), input },
});

/** Its detectors say by which budget they saw the last reading of each value, so that a value stands for a series. */
function toldStream(settings: Partial<StreamSettings> = {}) {
  const told = new Map<number, number>();
  const create = () => {
    let budget = NaN;
    return {
      ...countingDetector.create(),
      judge: (_timeUs: number, value: number) => void told.set(value, budget),
      budget: (alarmsPerWeek: number) => void (budget = alarmsPerWeek),
    };
  };
  const kind: DetectorKind = { ...countingDetector, create, restore: create };
  const open = () => new PartitionStream({ ...DEFAULT_STREAM_SETTINGS, ...settings }, kind, SINK);
  return { told, open, stream: open() };
}

/** One reading of each series at this second; its value is the place of the series in the list. */
function feed(stream: PartitionStream, second: number, series: readonly SeriesKey[], base = 0): void {
  const builder = new ReadingBatchBuilder();
  series.forEach((key, i) => builder.append(key, START_US + second * SECOND_US, base + i));
  stream.process(builder.build(), START_US / 1000 + second * 1_000);
}

function restart(from: PartitionStream, to: PartitionStream): PartitionStream {
  to.restorePartition(from.partitionState());
  const states = Array.from(from.takeChanges(), ({ state }) => state!.slice());
  for (const state of states.reverse()) expect(to.restoreSeries(state)).toBe(true);
  return to;
}

describe('what is accepted of a device', () => {
  test('is shared by its series: 19 at 1 Hz have together what one hourly series has alone', () => {
    const { told, stream } = toldStream();
    for (let hour = 0; hour < 2; hour++) {
      feed(stream, hour * HOUR, [meter], 100);
      for (let second = 0; second < 3; second++) feed(stream, hour * HOUR + second, pump);
    }
    expect(told.get(100)).toBe(1);
    expect(pump.map((_, i) => told.get(i))).toEqual(pump.map(() => 1 / 19));
  });

  test('is shared by those that are there when a reading is scored', () => {
    const { told, stream } = toldStream({ evictAfterMs: HOUR * 1_000 });
    feed(stream, 0, [pump[0]!]);
    expect(told.get(0)).toBe(1);
    feed(stream, 1, pump.slice(0, 4));
    expect([0, 1, 2, 3].map((i) => told.get(i))).toEqual([1, 1 / 2, 1 / 3, 1 / 4]);
    feed(stream, 2, pump.slice(0, 3));
    expect([0, 1, 2].map((i) => told.get(i))).toEqual([1 / 4, 1 / 4, 1 / 4]);
    // The fourth is forgotten.
    feed(stream, HOUR - 100, pump.slice(0, 3));
    feed(stream, HOUR + 60, pump.slice(0, 3));
    expect(told.get(0)).toBe(1 / 3);
  });

  test('is the same after a restart, in whatever order series are restored', () => {
    const { told, open, stream } = toldStream();
    stream.useDetection(settingsOfSubjects([ofMetric('metric-2', { sensitivity: 4 })]));
    feed(stream, 0, pump.slice(0, 4));
    const next = open();
    next.useDetection(settingsOfSubjects([ofMetric('metric-2', { sensitivity: 4 })]));
    restart(stream, next);
    feed(next, 1, pump.slice(0, 3));
    expect([0, 1, 2].map((i) => told.get(i))).toEqual([1 / 4, 1 / 4, 1]);
  });

  test('is a number of the metric or of the series, and those that are off take nothing away', () => {
    const { told, stream } = toldStream();
    feed(stream, 0, pump.slice(0, 4));
    stream.useDetection(
      settingsOfSubjects([
        ofMetric('metric-0', { sensitivity: 6 }),
        ofMetric('metric-1', { sensitivity: 6 }),
        ofSeries(pump[1]!, { sensitivity: 'default' }),
        ofMetric('metric-2', { sensitivity: 'off' }),
        ofSeries(pump[3]!, { sensitivity: 0.3 }),
      ]),
    );
    feed(stream, 1, pump.slice(0, 4));
    expect([0, 1, 3].map((i) => told.get(i))).toEqual([6 / 3, 1 / 3, 0.3 / 3]);
    stream.useDetection(settingsOfSubjects([]));
    feed(stream, 2, pump.slice(0, 4));
    expect([0, 1, 2, 3].map((i) => told.get(i))).toEqual([1 / 4, 1 / 4, 1 / 4, 1 / 4]);
  });
});

test('with the detector of the product, any split and restart ends in the same state, and the budget is part of it', () => {
  const kind = detectorKind('agreement');
  const noise = (i: number): number => ((i * 2_654_435_761) % 4_294_967_296) / 4_294_967_296;
  /** The state after some minutes in which series come one after the other. */
  const run = (restarts: ReadonlySet<number>, sensitivity: number): Map<string, string> => {
    const open = () => {
      const stream = new PartitionStream(DEFAULT_STREAM_SETTINGS, kind, SINK);
      const input: DetectionInput = { sensitivity };
      stream.useDetection(settingsOfSubjects(pump.map(({ metric }) => ofMetric(metric, input))));
      return stream;
    };
    const states = new Map<string, string>();
    let stream = open();
    const store = () => {
      for (const { hash, state } of stream.takeChanges())
        states.set(Buffer.from(hash).toString('hex'), Buffer.from(state!).toString('hex'));
    };
    for (let second = 0; second < 240; second++) {
      if (restarts.has(second)) {
        store();
        const next = open();
        next.restorePartition(stream.partitionState());
        for (const state of states.values()) next.restoreSeries(Buffer.from(state, 'hex'));
        stream = next;
      }
      const series = pump.slice(0, 1 + Math.min(5, second >> 4));
      const builder = new ReadingBatchBuilder();
      series.forEach((key, i) => builder.append(key, START_US + second * SECOND_US, noise(second * 19 + i)));
      stream.process(builder.build(), START_US / 1000 + second * 1_000);
    }
    store();
    return new Map([...states].sort());
  };
  const straight = run(new Set(), 1);
  expect(run(new Set(), 2)).not.toEqual(straight);
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(239), { maxLength: 8 }), (restarts) => {
      expect(run(new Set(restarts), 1)).toEqual(straight);
    }),
    { numRuns: 20 },
  );
});
