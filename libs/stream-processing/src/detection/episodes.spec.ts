import { describe, expect, test } from '@jest/globals';
import type { Episode } from '@tidewatch/anomaly-detection';
import { DEFAULT_STREAM_SETTINGS } from '../settings';
import { collectingStream, feed, type Reading, type Record, run } from '../spec/harness';

const SETTINGS = {
  ...DEFAULT_STREAM_SETTINGS,
  latenessMs: 30_000,
  idleTimeoutMs: 60_000,
  evictAfterMs: 1_000_000,
  episodeCalmMs: 20_000,
};
const START = 1_700_000_040_000;
const MINUTE = 60_000;

type Told = Episode & { series: number; event: string; related: [number, number][] };

/** Readings each second of one series; values above 100 are out of range. */
const second = (series: number, at: number, value: number): Reading => ({
  series,
  time: START + at * 1_000,
  value,
});
const stretch = (series: number, from: number, to: number, value: number): Reading[] =>
  Array.from({ length: to - from }, (_, i) => second(series, from + i, value));
const record = (readings: Reading[], appendedAtMs = START): Record => ({ appendedAtMs, readings });
const toldOf = (...records: Record[]): Told[] => run(SETTINGS, records).anomalies as Told[];
const inSeconds = (us: number | null): number => (us! / 1000 - START) / 1_000;
const course = (told: Told[]) =>
  told.map(({ series, event, revision, lastUs }) => `${inSeconds(lastUs)} s: ${series} ${event} ${revision}`);

describe('an episode of a stream', () => {
  test('is told when it opens, when it becomes worse, and when it has been calm', () => {
    const readings = [
      ...stretch(0, 0, 5, 10),
      ...stretch(0, 5, 12, 200),
      ...stretch(0, 12, 20, 400),
      ...stretch(0, 20, 60, 10),
    ];
    const told = toldOf(record(readings));
    expect(course(told)).toEqual(['5 s: 0 opened 0', '15 s: 0 updated 1', '39 s: 0 closed 2']);
    const last = told.at(-1)!;
    expect([last.beganUs, last.peak.timeUs, last.endedUs].map(inSeconds)).toEqual([5, 12, 20]);
    expect(last).toMatchObject({ source: 'counting', flaggedReadings: 15, peak: { value: 400, ratio: 8 } });
  });

  test('ends with a silence in event time, and the next reading may open another one', () => {
    const told = toldOf(record([...stretch(0, 0, 5, 200), second(0, 96, 200)]));
    expect(course(told)).toEqual(['0 s: 0 opened 0', '4 s: 0 closed 1', '96 s: 0 opened 0']);
    expect(inSeconds(told[1]!.endedUs)).toBe(4);
  });

  test('ends with a silence in the time of the log, and not before', () => {
    const before = [record(stretch(0, 0, 5, 200)), record([], START + 85_000)];
    expect(course(toldOf(...before))).toEqual(['0 s: 0 opened 0']);
    const told = toldOf(...before, record([], START + 91_000), record([], START + 200_000));
    expect(course(told)).toEqual(['0 s: 0 opened 0', '4 s: 0 closed 1']);
    expect(inSeconds(told[1]!.endedUs)).toBe(4);
  });

  test('of a slow series survives the silence between two readings, but not that its series is forgotten', () => {
    const slow = [0, 200, 400].map((at) =>
      record([second(0, at, at === 400 ? 500 : 10)], START + at * 1_000),
    );
    const silent = record([], START + 400_000 + 599_000);
    expect(course(toldOf(...slow, silent))).toEqual(['400 s: 0 opened 0']);
    const over = record([], START + 400_000 + 1_010_000);
    expect(course(toldOf(...slow, silent, over))).toEqual(['400 s: 0 opened 0', '400 s: 0 closed 1']);
  });

  test('that ends by silence is in the state to store', () => {
    const { stream } = collectingStream(SETTINGS);
    feed(stream, record(stretch(0, 0, 5, 200)));
    expect(stream.openEpisodes).toBe(1);
    feed(stream, record([], START + 100_000));
    const [change] = [...stream.takeChanges()];
    const next = collectingStream(SETTINGS);
    next.stream.restorePartition(stream.partitionState());
    next.stream.restoreSeries(change!.state!);
    expect([stream.openEpisodes, next.stream.openEpisodes]).toEqual([0, 0]);
    feed(next.stream, record([], START + 200_000));
    expect(next.output.anomalies).toEqual([]);
  });
});

describe('series of a device', () => {
  const incidents = (told: Told[]) =>
    told
      .filter(({ event }) => event === 'opened')
      .map(({ series, incidentUs }) => [series, inSeconds(incidentUs)]);

  test('that are out of range together are one incident; another device has its own', () => {
    const readings = [0, 1, 2].flatMap((series) => stretch(series, series * 30, series * 30 + 5, 200));
    expect(incidents(toldOf(record(readings)))).toEqual([
      [0, 0],
      [1, 0],
      [2, 60],
    ]);
  });

  test('are one incident up to a minute after the end of the other, not later', () => {
    const first = [...stretch(0, 0, 5, 200), ...stretch(0, 5, 40, 10)];
    for (const [at, incident] of [
      [65, 0],
      [66, 66],
    ] as const)
      // prettier-ignore
      expect(incidents(toldOf(record([...first, second(1, at, 200)])))).toEqual([
        [0, 0],
        [1, incident],
      ]);
  });

  test('are one incident, too, when the clock of one is behind by up to a minute', () => {
    for (const [at, incident] of [
      [40, 100],
      [39, 39],
    ] as const)
      // prettier-ignore
      expect(incidents(toldOf(record([second(0, 100, 200), second(1, at, 200)])))).toEqual([
        [0, 100],
        [1, incident],
      ]);
  });

  test('that moved in the same minute are named, also where nothing was flagged', () => {
    const near = toldOf(record([second(1, 10, 900 / 1.1), second(0, 60, 200)]));
    expect(near.at(-1)!.related).toEqual([[1, 900 / 1.1 / 50]]);
    const moved = -850;
    const [told] = toldOf(record([second(1, 10, moved), second(2, 10, moved), second(0, 70, 200)]));
    expect(told!.related).toEqual([[1, 0.85]]);
    const [late] = toldOf(record([second(1, 10, moved), second(0, 71, 200)]));
    expect(late!.related).toEqual([]);
    const [calm] = toldOf(record([second(1, 10, 79), second(0, 70, 200)]));
    expect(calm!.related).toEqual([]);
  });

  test('that moved after the opening are named at the close', () => {
    const told = toldOf(
      record([second(0, 0, 200), second(1, 5, 300), ...stretch(0, 1, 30, 10)], START + MINUTE),
    );
    const closed = told.find(({ event }) => event === 'closed')!;
    expect(closed.related).toEqual([[1, 6]]);
  });
});
