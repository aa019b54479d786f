import { describe, expect, test } from '@jest/globals';
import type { Episode } from '@tidewatch/anomaly-detection';
import type { Anomaly, DetectionInput } from '@tidewatch/contracts';
import { ReadingBatchBuilder, seriesKey } from '@tidewatch/readings';
import * as fc from 'fast-check';
import { anomalyOf } from '../anomaly-of';
import { PartitionStream } from '../partition-stream';
import { DEFAULT_STREAM_SETTINGS } from '../settings';
import { collectingStream, countingDetector, feed, type Reading, type Record } from '../spec/harness';
import { settingsOfSubjects } from './settings-of-subjects';

const SETTINGS = {
  ...DEFAULT_STREAM_SETTINGS,
  latenessMs: 30_000,
  idleTimeoutMs: 60_000,
  evictAfterMs: 1_000_000,
  episodeCalmMs: 20_000,
};
const START = 1_700_000_040_000;

type Told = Episode & { series: number; event: string };

const second = (at: number, value: number, series = 0): Reading => ({
  ...{ series, time: START + at * 1_000, value },
});
/** A reading a second. */
const stretch = (from: number, to: number, value: number): Reading[] =>
  Array.from({ length: to - from }, (_, i) => second(from + i, value));
const record = (readings: Reading[], appendedAtSecond = 0): Record => ({
  ...{ readings, appendedAtMs: START + appendedAtSecond * 1_000 },
});
const ofPressure = (input: DetectionInput) =>
  settingsOfSubjects([{ scope: 'metric', subject: 'pressure', input }]);

function limitedStream(input: DetectionInput) {
  const { stream, output } = collectingStream(SETTINGS);
  stream.useDetection(ofPressure(input));
  return { stream, told: output.anomalies as Told[] };
}

const inSeconds = (us: number | null): number => (us! / 1000 - START) / 1_000;
/** At which second which judge said what of an episode that began when. */
const course = (told: readonly Told[]): string[] =>
  told.map(
    ({ source, event, beganUs, lastUs }) =>
      `${inSeconds(lastUs)} s: ${source} ${event} (since ${inSeconds(beganUs)} s)`,
  );

function courseOf(input: DetectionInput, ...records: Record[]): string[] {
  const { stream, told } = limitedStream(input);
  for (const one of records) feed(stream, one);
  return course(told);
}

const max = { value: 90, forSeconds: 5, hysteresis: 2 };

describe('an episode of a limit', () => {
  test('is told when the limit was passed for so long, began when it was passed, and ends when it was calm', () => {
    const readings = [...stretch(0, 5, 50), ...stretch(5, 20, 95), ...stretch(20, 60, 87)];
    expect(courseOf({ limits: { max } }, record(readings))).toEqual([
      '10 s: limit-max opened (since 5 s)',
      '39 s: limit-max closed (since 5 s)',
    ]);
  });

  test('is none where it did not last, nor where the series has no limit', () => {
    const readings = [...stretch(0, 5, 95), ...stretch(5, 10, 50)];
    expect(courseOf({ limits: { max } }, record(readings))).toEqual([]);
    const other = readings.map((reading) => ({ ...reading, series: 2 }));
    expect(courseOf({ limits: { max: { value: 90 } } }, record(other))).toEqual([]);
  });

  test('goes on beside one of the detector, in one incident, and each has its end', () => {
    const { stream, told } = limitedStream({ limits: { max } });
    const readings = [
      ...stretch(0, 2, 50),
      ...stretch(2, 12, 150),
      ...stretch(12, 14, 95),
      ...stretch(14, 50, 50),
    ];
    feed(stream, record(readings.slice(0, 12)));
    expect(stream.openEpisodes).toBe(2);
    feed(stream, record(readings.slice(12)));
    expect(course(told)).toEqual([
      '2 s: counting opened (since 2 s)',
      '7 s: limit-max opened (since 2 s)',
      '31 s: counting closed (since 2 s)',
      '33 s: limit-max closed (since 2 s)',
    ]);
    expect(new Set(told.map(({ incidentUs }) => inSeconds(incidentUs)))).toEqual(new Set([2]));
    expect(told.slice(2).map(({ endedUs }) => inSeconds(endedUs))).toEqual([12, 14]);
    expect(stream.openEpisodes).toBe(0);
  });

  test('is told also where the detector is off, and the detector where there is none', () => {
    const readings = stretch(0, 7, 150);
    expect(courseOf({ sensitivity: 'off', limits: { max } }, record(readings))).toEqual([
      '5 s: limit-max opened (since 0 s)',
    ]);
    expect(courseOf({ limits: {} }, record(readings))).toEqual(['0 s: counting opened (since 0 s)']);
  });

  test('of a series that stops sending beyond it ends at the last reading; what comes then is another one', () => {
    const { stream, told } = limitedStream({ limits: { max } });
    feed(stream, record(stretch(0, 10, 95)));
    feed(stream, record([], 80));
    expect(told).toHaveLength(1);
    feed(stream, record([], 91));
    expect(inSeconds(told[1]!.endedUs)).toBe(9);
    // What was sent at once with the rest, but came after the silence, goes on by itself.
    feed(stream, record(stretch(60, 67, 95), 92));
    expect(course(told)).toEqual([
      '5 s: limit-max opened (since 0 s)',
      '9 s: limit-max closed (since 0 s)',
      '65 s: limit-max opened (since 60 s)',
    ]);
  });

  test('ends in a silence of event time, and begins anew behind it', () => {
    expect(courseOf({ limits: { max } }, record([...stretch(0, 10, 95), ...stretch(110, 117, 95)]))).toEqual([
      '5 s: limit-max opened (since 0 s)',
      '9 s: limit-max closed (since 0 s)',
      '115 s: limit-max opened (since 110 s)',
    ]);
  });

  test('sees readings in order, and none that came too late', () => {
    const late = [second(1, 10), second(0, 10), second(4, 95), second(3, 95), second(2, 95), second(9, 95)];
    expect(courseOf({ limits: { max } }, record([...late, second(12, 95)]))).toEqual([
      '9 s: limit-max opened (since 2 s)',
    ]);
  });

  test('is said as a technician would say it', () => {
    const said: Anomaly[] = [];
    const stream = new PartitionStream(SETTINGS, countingDetector, {
      window: () => undefined,
      group: () => undefined,
      episode: (series, report) => said.push(anomalyOf(series, report)),
    });
    stream.useDetection(ofPressure({ limits: { max: { value: 90, forSeconds: 130 } } }));
    const builder = new ReadingBatchBuilder();
    for (let at = 0; at < 240; at++) {
      const value = at === 60 ? 96.2 : at < 200 ? 91 : 80;
      builder.append(seriesKey('boiler-2', 'pressure'), (START + at * 1_000) * 1_000, value);
    }
    stream.process(builder.build(), START);
    expect(said.map(({ explanation }) => explanation)).toEqual([
      'boiler-2 pressure 96.2; limit 90; above the limit for 2 min 10 s; began 22:14:00 UTC.',
      'boiler-2 pressure 96.2; limit 90; above the limit; began 22:14:00 UTC, lasted 3 min 20 s.',
    ]);
    expect(said[1]).toMatchObject({
      ...{ detector: 'limit-max', state: 'closed', severity: 'info', flaggedReadings: 200 },
      ...{
        peakValue: 96.2,
        expectedMin: null,
        expectedMax: 90,
        ratio: 1 + 6.2 / 90,
        deviation: null,
        durationSeconds: 200,
      },
      counterfactual: 'It would not have fired with a limit of 96.2 or more.',
      finding: { kind: 'above', observed: 96.2, reason: 'above the limit' },
    });
  });
});

describe('settings that change', () => {
  test('end an episode whose limit is no more as if the series were calm, also right after a restart', () => {
    const { stream, told } = limitedStream({ limits: { max } });
    feed(stream, record(stretch(0, 10, 95)));
    const states = Array.from(stream.takeChanges(), ({ state }) => state!.slice());
    const next = limitedStream({});
    next.stream.restorePartition(stream.partitionState());
    for (const state of states) next.stream.restoreSeries(state);
    stream.useDetection(ofPressure({}));
    for (const one of [stream, next.stream]) feed(one, record(stretch(10, 40, 95)));
    expect(course(told).slice(1)).toEqual(['29 s: limit-max closed (since 0 s)']);
    expect(next.told).toEqual(told.slice(1));
  });

  test('let a limit begin anew that has other numbers, and no other', () => {
    const { stream, told } = limitedStream({ limits: { max, stuck: { forSeconds: 5 } } });
    feed(stream, record(stretch(0, 4, 95)));
    stream.useDetection(ofPressure({ limits: { max: { ...max, value: 80 }, stuck: { forSeconds: 5 } } }));
    feed(stream, record(stretch(4, 10, 95)));
    expect(course(told)).toEqual([
      '5 s: limit-stuck opened (since 0 s)',
      '9 s: limit-max opened (since 4 s)',
    ]);
  });

  test('that come back have forgotten what was before, also where nothing was sent in between', () => {
    const { stream } = limitedStream({ limits: { max } });
    feed(stream, record(stretch(0, 4, 95)));
    expect([...stream.takeChanges()]).toHaveLength(1);
    stream.useDetection(ofPressure({ limits: { max: { value: 80 } } }));
    stream.useDetection(ofPressure({ limits: { max } }));
    expect([...stream.takeChanges()]).toHaveLength(1);
    stream.useDetection(ofPressure({ limits: { max } }));
    expect([...stream.takeChanges()]).toEqual([]);
  });
});

const bound = fc.record({
  value: fc.integer({ min: 50, max: 140 }),
  forSeconds: fc.nat(60),
  hysteresis: fc.nat(40),
});
const inputs: fc.Arbitrary<DetectionInput> = fc
  .record({
    min: fc.option(bound),
    max: fc.option(bound),
    rate: fc.option(fc.record({ maxPerSecond: fc.constantFrom(1, 20), forSeconds: fc.nat(10) })),
    stuck: fc.option(fc.record({ forSeconds: fc.integer({ min: 1, max: 60 }), hysteresis: fc.nat(30) })),
  })
  .map((limits) => ({
    limits: Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== null)),
  }));
const steps = fc.array(
  fc.record({
    pauseMs: fc.oneof({ weight: 4, arbitrary: fc.nat(5_000) }, { weight: 1, arbitrary: fc.nat(250_000) }),
    readings: fc.array(
      fc.record({
        series: fc.nat(2),
        age: fc.oneof({ weight: 5, arbitrary: fc.nat(4_000) }, { weight: 1, arbitrary: fc.nat(60_000) }),
        value: fc.constantFrom(40, 80, 90, 100, 150),
      }),
      { maxLength: 20 },
    ),
    settings: fc.option(inputs, { freq: 4 }),
    isRestart: fc.boolean(),
  }),
  { maxLength: 25 },
);

test('restarts change nothing, wherever they are and whatever is set, and no episode has the id of another', () => {
  fc.assert(
    fc.property(inputs, steps, (first, list) => {
      let input = first;
      let appendedAtMs = START;
      const straight = limitedStream(input);
      let cut = limitedStream(input);
      const store = new Map<string, Uint8Array>();
      const told: Told[] = [];
      for (const { pauseMs, readings, settings, isRestart } of list) {
        const before = input;
        input = settings ?? input;
        if (isRestart) {
          for (const { hash, state } of cut.stream.takeChanges()) {
            const key = Buffer.from(hash).toString('hex');
            if (state) store.set(key, state.slice());
            else store.delete(key);
          }
          told.push(...cut.told);
          const state = cut.stream.partitionState();
          // What is in force from here on is known before the series are.
          cut = limitedStream(input);
          cut.stream.restorePartition(state);
          for (const [, one] of [...store].sort()) expect(cut.stream.restoreSeries(one)).toBe(true);
        } else if (input !== before) cut.stream.useDetection(ofPressure(input));
        if (input !== before) straight.stream.useDetection(ofPressure(input));
        appendedAtMs += pauseMs;
        const one = {
          appendedAtMs,
          readings: readings.map(({ age, ...rest }) => ({ ...rest, time: appendedAtMs - age })),
        };
        feed(straight.stream, one);
        feed(cut.stream, one);
      }
      expect([...told, ...cut.told]).toEqual(straight.told);
      const opened = straight.told.filter(({ event }) => event === 'opened');
      const ids = opened.map(({ series, source, beganUs }) => `${series} ${source} ${beganUs}`);
      expect(new Set(ids).size).toBe(ids.length);
    }),
    { numRuns: 100 },
  );
});
