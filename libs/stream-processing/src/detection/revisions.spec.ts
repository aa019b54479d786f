import { describe, expect, test } from '@jest/globals';
import type { Episode } from '@tidewatch/anomaly-detection';
import { seriesKey } from '@tidewatch/readings';
import { DEFAULT_STREAM_SETTINGS } from '../settings';
import {
  collectingStream,
  countingDetector,
  feed,
  jumpDetector,
  type Reading,
  type Record,
} from '../spec/harness';
import { seriesDetection } from './detection-settings';
import { MOST_AT_ONCE } from './histories';
import { MOST_KEPT } from './history';

const SETTINGS = {
  ...DEFAULT_STREAM_SETTINGS,
  ...{ latenessMs: 60_000, idleTimeoutMs: 60_000, episodeCalmMs: 10_000 },
};
const START = 1_700_000_040_000;

type Told = Episode & { series: number; event: string };

const reading = (second: number, value: number, series = 0): Reading => ({
  ...{ series, time: START + second * 1_000, value },
});
/** A reading each second of one series; values above 100 are out of range. */
const stretch = (from: number, to: number, value: number): Reading[] =>
  Array.from({ length: to - from }, (_, i) => reading(from + i, value));
/** Out of order once: from here on the series is held back by two seconds, and its history is kept. */
const DISORDER = [reading(-100, 10), reading(-101, 10), ...stretch(-99, 0, 10)];

function toldStream(settings: Partial<typeof SETTINGS> = {}, kind = countingDetector) {
  const { stream, output } = collectingStream({ ...SETTINGS, ...settings }, kind);
  let second = 0;
  return {
    stream,
    /** Appended so many seconds after the start, or with the record before. Tells what was told of each event. */
    take(readings: Reading[], atSecond = second): string[] {
      second = atSecond;
      const record: Record = { appendedAtMs: START + atSecond * 1_000, readings };
      feed(stream, record);
      return (output.anomalies.splice(0) as Told[]).map(
        ({ event, revision, beganUs, endedUs, peak, identityUs }) => {
          const inSeconds = (us: number | null): number | string =>
            us === null ? '' : (us / 1000 - START) / 1_000;
          const span = `${inSeconds(beganUs)}-${inSeconds(endedUs)}`;
          const id = identityUs === beganUs ? '' : ` id ${inSeconds(identityUs)}`;
          return `${event} ${revision}: ${span} peak ${peak.value}${id}`;
        },
      );
    },
  };
}

describe('a late reading', () => {
  test('that is further out of range than the peak revises the episode', () => {
    const { take, stream } = toldStream();
    expect(take([...stretch(0, 5, 10), ...stretch(5, 20, 200)])).toEqual(['opened 0: 5- peak 200']);
    expect(take([reading(12.5, 900)])).toEqual([]);
    expect(take([], 1)).toEqual(['revised 1: 5- peak 900']);
    expect(take(stretch(20, 60, 10))).toEqual(['closed 2: 5-20 peak 900']);
    expect(stream.counts.unscored).toBe(0);
    expect(stream.revisions).toEqual({ rejudged: 1, cut: 0 });
  });

  test('that changes nothing tells nothing, and its count is in the next event', () => {
    const { take } = toldStream();
    take([...stretch(0, 5, 10), ...stretch(5, 20, 200), reading(12.5, 150), reading(18.5, 50)]);
    expect(take([], 1)).toEqual([]);
    expect(take(stretch(20, 60, 10))).toEqual(['closed 1: 5-20 peak 200']);
  });

  test('moves the beginning of an episode, which keeps its identity', () => {
    const { take } = toldStream();
    take(DISORDER);
    expect(take([...stretch(0, 20, 10), ...stretch(20, 30, 200)], 30)).toEqual(['opened 0: 20- peak 200']);
    expect(take([reading(15.5, 300)])).toEqual([]);
    expect(take([], 31)).toEqual(['revised 1: 15.5- peak 300 id 20']);
    expect(take(stretch(30, 70, 10))).toEqual(['closed 2: 15.5-30 peak 300 id 20']);
  });

  test('changes an episode that is over, and may open it again', () => {
    const { take } = toldStream();
    take(DISORDER);
    take([...stretch(0, 20, 10), ...stretch(20, 30, 200)], 30);
    expect(take(stretch(30, 45, 10), 46)).toEqual(['closed 1: 20-30 peak 200']);
    take([reading(34.5, 210)], 56);
    expect(take([], 57)).toEqual(['revised 2: 20- peak 210']);
    expect(take([...stretch(45, 50, 10)], 70)).toEqual(['closed 3: 20-35 peak 210']);
  });

  test('makes an episode that nobody has heard of, and it is told as if it had just happened', () => {
    const { take } = toldStream();
    take(DISORDER);
    take(stretch(0, 60, 10), 60);
    take([reading(20.5, 300), reading(58.5, 250)]);
    expect(take([], 61)).toEqual(['opened 0: 20.5- peak 300', 'closed 1: 20.5-21 peak 300']);
    // This one was not too late: the readings after it had waited.
    expect(take([], 62)).toEqual(['opened 0: 58.5- peak 250']);
  });

  test('that breaks a run beyond a limit withdraws its episode; what goes on from there is another one', () => {
    const { take, stream } = toldStream();
    const limits = { max: { value: 50, forSeconds: 10 } };
    stream.useDetection({ of: () => seriesDetection({ limits }) });
    take(DISORDER);
    expect(take([...stretch(0, 5, 10), ...stretch(5, 20, 70)], 22)).toEqual(['opened 0: 5- peak 70']);
    take([reading(10.5, 10)]);
    expect(take([], 23)).toEqual(['withdrawn 1: 5- peak 70']);
    expect(take(stretch(20, 26, 70), 28)).toEqual(['opened 0: 11- peak 70']);
  });

  test('withdraws an episode also where all was in order so far, if it belongs right before the reading that raised it', () => {
    const { take, stream } = toldStream({}, jumpDetector);
    const jump = [...stretch(0, 5, 10), ...stretch(6, 9, 90)];
    expect(take(jump)).toEqual(['opened 0: 6- peak 90']);
    take([reading(5, 50)]);
    expect(take([], 1)).toEqual(['withdrawn 1: 6- peak 90']);
    expect(stream.counts.unscored).toBe(0);
  });

  test('that joins two episodes withdraws the second', () => {
    const { take } = toldStream();
    take(DISORDER);
    take([...stretch(0, 5, 200), ...stretch(5, 20, 10), ...stretch(20, 25, 200), ...stretch(25, 30, 10)], 30);
    expect(take([reading(12.5, 150)], 40)).toEqual([]);
    expect(take([], 41)).toEqual(['revised 2: 0- peak 200', 'withdrawn 1: 20- peak 200']);
    expect(take(stretch(30, 60, 10), 90)).toEqual(['closed 3: 0-25 peak 200']);
  });

  test('is judged once in ten seconds of the log, at the latest when the event time has passed it by the lateness', () => {
    const { take } = toldStream();
    take([...stretch(0, 5, 10), ...stretch(5, 20, 200)], 20);
    take([reading(12.5, 300)], 21);
    expect(take([reading(12.6, 400)], 22)).toEqual(['revised 1: 5- peak 300']);
    expect(take([], 31)).toEqual([]);
    expect(take([], 32)).toEqual(['revised 2: 5- peak 400']);
    expect(take([reading(12.7, 500), reading(72, 200), reading(75, 200)])).toEqual([]);
    expect(take([reading(80, 200), reading(83, 200)])).toEqual(['revised 3: 5- peak 500']);
  });

  test('of each of very many series is judged with those of some hundreds of others at once, in the order in which they were judged last', () => {
    const keys = Array.from({ length: MOST_AT_ONCE + 2 }, (_, i) => seriesKey(`pump-${i}`, 'flow'));
    const { stream, output } = collectingStream(SETTINGS);
    const take = (second: number, readings: Reading[]): number => {
      feed(stream, { appendedAtMs: START + second * 1_000, readings }, keys);
      return output.anomalies.splice(0).length;
    };
    const each = (second: number, value: number) => keys.map((_, series) => reading(second, value, series));
    take(0, [...each(-50, 10), ...each(-51, 10), ...each(-49, 10)]);
    take(59, each(59, 10));
    take(62, []);
    take(62, [reading(20, 300, 7)]);
    expect(take(63, [])).toBe(1);
    take(63, each(30, 400));
    // The one that was judged a second ago is the last.
    expect([64, 65, 66, 73].map((second) => take(second, []))).toEqual([MOST_AT_ONCE, 1, 0, 1]);
  });

  test('within the lateness is judged, whatever was judged again before', () => {
    const { take, stream } = toldStream();
    const withoutOne = stretch(0, 70, 10).filter(({ time }) => time !== START + 9_000);
    take([...DISORDER, ...withoutOne], 70);
    take([reading(20.5, 10)], 73);
    expect(take([], 74)).toEqual([]);
    // The last one was at 69 s.
    take([reading(8.9, 300), reading(9, 300)]);
    expect(take([], 84)).toEqual(['opened 0: 9- peak 300', 'closed 1: 9-10 peak 300']);
    expect(stream.counts).toMatchObject({ late: 1, unscored: 1 });
  });

  test('before all that is kept is not judged: it is unscored', () => {
    const { take, stream } = toldStream();
    take([...stretch(0, 5, 10), ...stretch(5, 20, 200), reading(3.5, 300)]);
    expect(stream.counts).toMatchObject({ processed: 21, unscored: 1 });
    expect(take([], 1)).toEqual([]);
  });
});

describe('what is kept', () => {
  test('ends in an orderly series when nothing that was told can change any more', () => {
    const { take, stream } = toldStream();
    take([...stretch(0, 5, 10), ...stretch(5, 20, 200), ...stretch(20, 200, 10)]);
    take([reading(150.5, 10)]);
    expect([stream.counts.unscored, stream.revisions.rejudged]).toEqual([1, 0]);
  });

  test('is bounded in number: what is older than that can not be judged any more', () => {
    const { take, stream } = toldStream();
    const fast = Array.from({ length: 2 * MOST_KEPT }, (_, i) => reading(10 + i / 100, 10));
    take([...DISORDER, ...fast], 40);
    take([reading(25.985, 200), reading(10.485, 200)]);
    expect([stream.counts.unscored, stream.revisions.rejudged]).toEqual([2, 1]);
    expect(take([], 41)[0]).toBe('opened 0: 25.985- peak 200');
  });

  test('is bounded in bytes: where there is no room, episodes are told and not revised', () => {
    const { take, stream } = toldStream({ maxHistoryBytes: 0 });
    take([...DISORDER, ...stretch(0, 5, 10), ...stretch(5, 60, 200), reading(31.5, 300)]);
    expect([stream.counts.unscored, stream.revisions]).toEqual([2, { rejudged: 0, cut: 0 }]);
    expect(take([], 1)).toEqual([]);
  });

  test('is given up where it outgrows the room, after what came late is judged', () => {
    const { take, stream } = toldStream({ maxHistoryBytes: 1_500 });
    take([...stretch(0, 5, 10), ...stretch(5, 20, 200), reading(12.5, 300)]);
    const told: string[] = [];
    for (let second = 20; stream.revisions.cut === 0; second++)
      told.push(...take(stretch(second, second + 1, 200)));
    expect(told).toEqual(['revised 1: 5- peak 300']);
    take([reading(13.5, 300)]);
    expect(stream.counts.unscored).toBe(1);
  });
});
