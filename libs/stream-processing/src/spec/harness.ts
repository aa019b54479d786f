import { type DetectorKind, type Episode, scoreOf } from '@tidewatch/anomaly-detection';
import { ReadingBatchBuilder, seriesKey, type SeriesKey } from '@tidewatch/readings';
import * as fc from 'fast-check';
import { PartitionStream } from '../partition-stream';
import { DEFAULT_STREAM_SETTINGS, type StreamSettings } from '../settings';

export interface Reading {
  readonly series: number;
  /** Milliseconds. */
  readonly time: number;
  readonly value: number;
}

export interface Record {
  readonly appendedAtMs: number;
  readonly readings: readonly Reading[];
}

/** Short times, so that all that they bound happens within a few records. */
export const SHORT_TIMES: StreamSettings = {
  ...DEFAULT_STREAM_SETTINGS,
  ...{
    latenessMs: 30_000,
    reorderMs: 2_000,
    idleTimeoutMs: 60_000,
    maxAheadMs: 20_000,
    evictAfterMs: 231_000,
  },
};

export const SERIES: readonly SeriesKey[] = [
  seriesKey('pump-1', 'pressure'),
  seriesKey('pump-1', 'pressure', [['side', 'in']]),
  seriesKey('pump-2', 'flow'),
];

/** Flags values above 100 and carries what it has seen as its state: enough to see that a detector is fed and restored. */
export const countingDetector: DetectorKind = {
  name: 'counting',
  create: () => counting(),
  restore: (bytes) => {
    const detector = counting();
    detector.restore(bytes);
    return detector;
  },
  statistics: [],
  reason: ({ deviation }) => `${deviation}`,
};

function counting(): ReturnType<DetectorKind['create']> {
  let seen = 0;
  let lastTime = 0;
  let time = 0;
  return {
    judge(timeUs, value, verdict) {
      if (timeUs <= lastTime) throw new Error('fed out of order');
      time = timeUs;
      verdict.ratio = value > 100 ? value / 50 : Math.abs(value) / 1000;
      verdict.score = scoreOf(verdict.ratio);
      verdict.expectedMin = 0;
      verdict.expectedMax = 100;
      verdict.deviation = seen + 1;
    },
    learn() {
      seen += 1;
      lastTime = time;
    },
    budget() {
      // Flags by value alone.
    },
    snapshot() {
      const view = new DataView(new ArrayBuffer(16));
      view.setFloat64(0, seen);
      view.setFloat64(8, lastTime);
      return new Uint8Array(view.buffer);
    },
    restore(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      seen = view.getFloat64(0);
      lastTime = view.getFloat64(8);
    },
  };
}

/** Flags values that are far from the one before: what it says depends on the order of readings. */
export const jumpDetector: DetectorKind = {
  ...{ name: 'jump', statistics: [], reason: ({ deviation }) => `${deviation}` },
  create: () => jumping(),
  restore: (bytes) => {
    const detector = jumping();
    detector.restore(bytes);
    return detector;
  },
};

function jumping(): ReturnType<DetectorKind['create']> {
  const counting = countingDetector.create();
  let last = 0;
  let next = 0;
  return {
    ...counting,
    judge(timeUs, value, verdict) {
      counting.judge(timeUs, value, verdict);
      verdict.ratio = Math.min(Math.abs(value - last) / 50, 1e6);
      verdict.score = scoreOf(verdict.ratio);
      next = value;
    },
    learn() {
      counting.learn();
      last = next;
    },
    snapshot() {
      const bytes = new Uint8Array(24);
      bytes.set(counting.snapshot());
      new DataView(bytes.buffer).setFloat64(16, last);
      return bytes;
    },
    restore(bytes) {
      counting.restore(bytes);
      last = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(16);
    },
  };
}

/** Of a record that is appended so long after the one before; each reading is as old as it says when it is. */
export interface Arrival {
  readonly pauseMs: number;
  readonly readings: readonly (Omit<Reading, 'time'> & { readonly age: number })[];
}

export function recordsFrom(startMs: number, arrivals: readonly Arrival[]): Record[] {
  let appendedAtMs = startMs;
  return arrivals.map(({ pauseMs, readings }) => {
    appendedAtMs += pauseMs;
    return {
      appendedAtMs,
      readings: readings.map(({ age, ...one }) => ({ ...one, time: appendedAtMs - age })),
    };
  });
}

/** Records with readings that come in order, late, too late, and from a clock that is ahead. */
export function anyRecords(
  startMs: number,
  { series, value, mostReadings }: { series: number; value: fc.Arbitrary<number>; mostReadings: number },
): fc.Arbitrary<Record[]> {
  const age = fc.oneof(
    { weight: 8, arbitrary: fc.nat(50_000) },
    { weight: 2, arbitrary: fc.nat(400_000) },
    { weight: 1, arbitrary: fc.integer({ min: -25_000, max: 0 }) },
  );
  const arrival = fc.record({
    pauseMs: fc.oneof({ weight: 4, arbitrary: fc.nat(5_000) }, { weight: 1, arbitrary: fc.nat(300_000) }),
    readings: fc.array(fc.record({ series: fc.nat(series - 1), age, value }), { maxLength: mostReadings }),
  });
  return fc.array(arrival, { maxLength: 20 }).map((arrivals) => recordsFrom(startMs, arrivals));
}

/** By hash. */
export type Store = Map<string, Uint8Array>;

export function checkpoint(stream: PartitionStream, store: Store): void {
  for (const { hash, state } of stream.takeChanges()) {
    const key = Buffer.from(hash).toString('hex');
    if (state) store.set(key, state.slice());
    else store.delete(key);
  }
}

export interface Output {
  readonly windows: object[];
  readonly groups: object[];
  readonly anomalies: object[];
}

export function collectingStream(
  settings: StreamSettings,
  kind: DetectorKind = countingDetector,
): { stream: PartitionStream; output: Output } {
  const output: Output = { windows: [], groups: [], anomalies: [] };
  const stream = new PartitionStream(settings, kind, {
    group: ({ key }, window) => output.groups.push({ ...key, ...window }),
    window: ({ key }, window) => output.windows.push({ series: SERIES.indexOf(ownKey(key)), ...window }),
    episode: ({ key }, { event, episode, related }) =>
      output.anomalies.push({
        ...{ series: SERIES.indexOf(ownKey(key)), event },
        ...(JSON.parse(JSON.stringify(episode)) as Episode),
        related: related.map(({ series, ratio }) => [SERIES.indexOf(ownKey(series.key)), ratio]),
      }),
  });
  return { stream, output };
}

export function feed(stream: PartitionStream, record: Record, series = SERIES): void {
  const builder = new ReadingBatchBuilder();
  for (const one of record.readings) builder.append(series[one.series]!, one.time * 1000, one.value);
  stream.process(builder.build(), record.appendedAtMs);
}

export function run(settings: StreamSettings, records: readonly Record[]): Output & { counts: object } {
  const { stream, output } = collectingStream(settings);
  for (const record of records) feed(stream, record);
  return { ...output, counts: stream.counts };
}

/** A restored series has a key of its own. */
function ownKey(key: SeriesKey): SeriesKey {
  return SERIES.find(
    ({ device, metric, tags }) =>
      device === key.device && metric === key.metric && tags.length === key.tags.length,
  )!;
}
