import { describe, expect, test } from '@jest/globals';
import { DEFAULT_STREAM_SETTINGS, type StreamSettings } from '../settings';
import { collectingStream, countingDetector, feed, type Reading, type Record } from '../spec/harness';
import { MOST_HELD } from './detection-feed';

const SETTINGS = { ...DEFAULT_STREAM_SETTINGS, reorderMs: 2_000 };
const START = 1_700_000_040_000;

const one = (timeMs: number, value = 50, series = 0): Reading => ({ series, time: START + timeMs, value });
const at = (appendedMs: number, ...readings: Reading[]): Record => ({
  appendedAtMs: START + appendedMs,
  readings,
});

/** Tells the times of readings above 10 with which the detector was fed. */
function fedStream(settings: Partial<StreamSettings> = {}) {
  const times: number[] = [];
  const create = () => {
    const detector = countingDetector.create();
    return {
      ...detector,
      judge(...[timeUs, value, verdict]: Parameters<typeof detector.judge>) {
        if (value > 10) times.push(timeUs / 1000 - START);
        detector.judge(timeUs, value, verdict);
      },
    };
  };
  const { stream } = collectingStream({ ...SETTINGS, ...settings }, { ...countingDetector, create });
  const fed = (record: Record): number[] => {
    feed(stream, record);
    return times.splice(0);
  };
  return { stream, fed };
}

describe('readings', () => {
  test('of a series in order are fed at once', () => {
    const { stream, fed } = fedStream();
    expect(fed(at(0, one(0), one(1)))).toEqual([0, 1]);
    expect(fed(at(0, one(60_000)))).toEqual([60_000]);
    expect(stream.counts).toMatchObject({ processed: 3, unscored: 0 });
  });

  test('of a series that was out of order wait for each other by event time, and come in order', () => {
    const { stream, fed } = fedStream();
    // The first one out of order comes too late: nothing waited for it.
    expect(fed(at(0, one(1_000), one(0)))).toEqual([1_000]);
    expect(stream.counts).toMatchObject({ processed: 2, unscored: 1 });
    expect(fed(at(0, one(3_000), one(2_000), one(4_999)))).toEqual([2_000]);
    expect(fed(at(0, one(4_000), one(5_000)))).toEqual([3_000]);
    expect(fed(at(0, one(2_500)))).toEqual([]);
    expect(fed(at(0, one(7_000)))).toEqual([4_000, 4_999, 5_000]);
    // The second one is judged later, with those after it.
    expect([stream.counts, stream.revisions]).toMatchObject([
      { processed: 9, unscored: 1, late: 0 },
      { rejudged: 1 },
    ]);
  });

  test("of a slow series don't wait for the next one, but for the log's time", () => {
    const { fed } = fedStream();
    fed(at(0, one(1_000), one(0)));
    expect(fed(at(60_000, one(61_000)))).toEqual([]);
    expect(fed(at(61_999, one(0, 1, 1)))).toEqual([]);
    expect(fed(at(62_000, one(1, 1, 1)))).toEqual([61_000]);
  });

  test('are fed at once again when an hour went by in order', () => {
    const { fed } = fedStream();
    const hour = 3_600_000;
    fed(at(0, one(1_000), one(0)));
    expect(fed(at(hour - 1, one(hour - 1)))).toEqual([]);
    expect(fed(at(hour, one(hour)))).toEqual([hour - 1, hour]);
  });

  test('that wait are bounded in number: the earliest gives way', () => {
    const { stream, fed } = fedStream();
    fed(at(0, one(0), one(-1)));
    const many = Array.from({ length: MOST_HELD }, (_, i) => one(i + 1));
    expect(fed(at(0, ...many.reverse()))).toEqual([]);
    expect(fed(at(0, one(1_000)))).toEqual([1]);
    // Full, and earlier than all that wait: fed before them, or too late.
    expect(fed(at(0, one(1.5)))).toEqual([2]);
    expect([stream.counts, stream.revisions]).toMatchObject([{ unscored: 1 }, { rejudged: 1 }]);
    const more = fed(at(3_000, one(0, 1, 1)));
    // And then once more all since the first one, with that which was too late.
    expect([more.length, more.indexOf(1)]).toEqual([MOST_HELD - 1 + MOST_HELD + 2, MOST_HELD - 1]);
    expect(more.slice(MOST_HELD - 1, MOST_HELD + 2)).toEqual([1, 1.5, 2]);
  });

  test('that wait are fed when their series is idle', () => {
    const { fed } = fedStream({ latenessMs: 10_000, idleTimeoutMs: 1_000, reorderMs: 50_000 });
    expect(fed(at(0, one(0), one(-1), one(1)))).toEqual([0]);
    expect(fed(at(10_500, one(0, 1, 1)))).toEqual([]);
    expect(fed(at(20_000, one(1, 1, 1)))).toEqual([1]);
  });
});
