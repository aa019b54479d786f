import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { collectingStream, feed, type Reading, type Record, run, SERIES } from './spec/harness';
import { referenceWindows } from './spec/reference-stream';
import { DEFAULT_STREAM_SETTINGS } from './settings';
import type { WindowValues } from './windows/window-layout';

const SETTINGS = { ...DEFAULT_STREAM_SETTINGS, latenessMs: 30_000, reorderMs: 2_000, idleTimeoutMs: 60_000 };
/** One kind of each: put together from the shortest panes, and from panes of their own; a step that divides the size, and one that does not. */
const SLIDING = {
  ...SETTINGS,
  slidingWindows: [
    { sizeMs: 30_000, stepMs: 10_000 },
    { sizeMs: 50_000, stepMs: 20_000 },
    { sizeMs: 120_000, stepMs: 30_000 },
    { sizeMs: 100_000, stepMs: 40_000 },
  ],
};
const START = 1_700_000_040_000;

const value = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -500, max: 1500 }).map((n) => n / 10) },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
);
const reading = fc.record({
  series: fc.nat(SERIES.length - 1),
  time: fc
    .oneof(
      fc.nat(120_000),
      fc.nat(12).map((n) => n * 10_000),
    )
    .map((ms) => START + ms),
  value,
});
/** Anything: out of order, late, duplicate, with gaps in the log's time which make series idle. */
const records = fc
  .array(
    fc.record({
      pauseMs: fc.oneof(fc.nat(2_000), fc.nat(200_000)),
      readings: fc.array(reading, { maxLength: 8 }),
    }),
    { maxLength: 20 },
  )
  .map((list): Record[] => {
    let appendedAtMs = START;
    let shift = 0;
    return list.map(({ pauseMs, readings }) => {
      appendedAtMs += pauseMs;
      shift += Math.min(pauseMs, 30_000);
      return {
        appendedAtMs,
        readings: readings.map((one) => ({ ...one, time: one.time + shift })),
      };
    });
  });

/** With the fields of each in one order, too. */
const byIdentity = (windows: object[]) =>
  windows.map((window) => JSON.stringify(Object.entries(window).sort())).sort();

type WindowOutput = { series: number } & WindowValues;

/** The last revision of each window, by what remains the same whatever the order of arrival. Fails where revisions do not rise by one. */
function lastRevisions(windows: object[]): string[] {
  const last = new Map<string, WindowOutput>();
  for (const window of windows as WindowOutput[]) {
    const id = `${window.series}:${window.sizeMs}:${window.stepMs}:${window.startMs}`;
    const before = last.get(id);
    expect(window.revision).toBe(before === undefined ? 0 : before.revision + 1);
    expect(before?.final ?? false).toBe(false);
    expect(window.count).toBeGreaterThan(before?.count ?? 0);
    last.set(id, window);
  }
  return byIdentity([...last.values()].map((window) => ({ ...window, revision: 0, final: false })));
}

test('windows are those of the naive implementation, whatever comes', () => {
  fc.assert(
    fc.property(records, (list) => {
      // The deviation has a test of its own: it is rounded here and there.
      const windows = run(SLIDING, list).windows.map((window) => ({ ...window, stddev: undefined }));
      const expected = referenceWindows(SLIDING, list).map((window) => ({ ...window, stddev: undefined }));
      expect(byIdentity(windows)).toEqual(byIdentity(expected));
    }),
    { numRuns: 1_000 },
  );
});

test('whatever the clock of one device says, the windows and alarms of others are what they would be without it', () => {
  const broken = 2;
  const clocks = fc.array(fc.integer({ min: -1_000_000_000_000, max: 500_000 }), { minLength: 1 });
  fc.assert(
    fc.property(records, clocks, (list, offsets) => {
      const ofOthers = (outputs: object[]) =>
        outputs.filter((output) => (output as { series: number }).series !== broken);
      const withIt = list.map((record, i) => ({
        ...record,
        readings: record.readings.map((one) =>
          one.series === broken ? { ...one, time: one.time + offsets[i % offsets.length]! } : one,
        ),
      }));
      const without = list.map((record) => ({
        ...record,
        readings: record.readings.filter(({ series }) => series !== broken),
      }));
      const [a, b] = [run(SLIDING, withIt), run(SLIDING, without)];
      expect(ofOthers(a.windows)).toEqual(b.windows);
      expect(ofOthers(a.anomalies)).toEqual(b.anomalies);
    }),
    { numRuns: 300 },
  );
});

/** Distinct readings in order of time, and a delay below the lateness for each. */
const delayed = fc
  .uniqueArray(
    fc.tuple(
      fc.record({ series: fc.nat(SERIES.length - 1), time: fc.nat(300_000), value }),
      fc.nat(SETTINGS.latenessMs - 1),
    ),
    { selector: ([{ series, time }]) => series * 1e6 + time, maxLength: 80 },
  )
  .map((list) => list.map(([one, delay]) => ({ one: { ...one, time: START + one.time }, delay })));

const cuts = fc.array(fc.boolean(), { maxLength: 80 });

function inBlocks(readings: readonly Reading[], cutBefore: readonly boolean[]): Record[] {
  const blocks: Reading[][] = [[]];
  readings.forEach((one, i) => {
    if (cutBefore[i]) blocks.push([]);
    blocks.at(-1)!.push(one);
  });
  return blocks.map((block) => ({ appendedAtMs: START + 400_000, readings: block }));
}

/** In the log's time much later, so that all windows are closed. */
const CLOSING: Record = { appendedAtMs: START + 4_000_000, readings: [] };

test('any order within the lateness and any batching give the same last revisions, bit for bit', () => {
  fc.assert(
    fc.property(delayed, cuts, cuts, (list, cutsA, cutsB) => {
      const inOrder = [...list].sort((a, b) => a.one.time - b.one.time);
      const arrival = [...list].sort((a, b) => a.one.time + a.delay - (b.one.time + b.delay));
      const readings = (of: typeof list) => of.map(({ one }) => one);
      const a = run(SLIDING, [...inBlocks(readings(inOrder), cutsA), CLOSING]);
      const b = run(SLIDING, [...inBlocks(readings(arrival), cutsB), CLOSING]);
      expect(lastRevisions(b.windows)).toEqual(lastRevisions(a.windows));
      expect(a.counts).toMatchObject({ processed: list.length, late: 0 });
      expect(b.counts).toMatchObject({ processed: list.length, late: 0 });
    }),
    { numRuns: 500 },
  );
});

test('the same records in the same order give the same outputs in the same order, however blocks are cut', () => {
  fc.assert(
    fc.property(delayed, cuts, cuts, (list, cutsA, cutsB) => {
      const readings = list.map(({ one }) => one);
      expect(run(SLIDING, inBlocks(readings, cutsA))).toEqual(run(SLIDING, inBlocks(readings, cutsB)));
    }),
  );
});

test('disorder below the reorder delay hides nothing from the detectors, and they get all in order', () => {
  // A first reading out of order makes a series wait for others; it is too late itself.
  const first = SERIES.flatMap((_, series) =>
    [-50_000, -60_000].map((ms) => ({ series, time: START + ms, value: 1 })),
  );
  const settings = { ...SETTINGS, reorderMs: 5_000 };
  // What relates series to each other is of the order in which they come.
  const eachAlone = (episodes: object[]) =>
    byIdentity(episodes.map((one) => ({ ...one, incidentUs: 0, related: [] })));
  fc.assert(
    fc.property(delayed, cuts, (list, cutBefore) => {
      const inOrder = [...list].sort((a, b) => a.one.time - b.one.time);
      const arrivalMs = ({ one, delay }: (typeof list)[number]) => one.time + (delay % settings.reorderMs);
      const arrival = [...list].sort((a, b) => arrivalMs(a) - arrivalMs(b));
      const [a, b] = [inOrder, arrival].map((of) =>
        run(settings, [...inBlocks([...first, ...of.map(({ one }) => one)], cutBefore), CLOSING]),
      );
      expect(eachAlone(b!.anomalies)).toEqual(eachAlone(a!.anomalies));
      expect([a, b].map((it) => it!.counts)).toMatchObject([{ unscored: 3 }, { unscored: 3 }]);
    }),
    { numRuns: 300 },
  );
});

test('a reading sent again within the lateness changes nothing; the first value stands', () => {
  fc.assert(
    fc.property(delayed, fc.array(fc.nat(5), { maxLength: 80 }), (list, distances) => {
      const once = list.map(({ one }) => one).sort((a, b) => a.time - b.time);
      const twice: Reading[] = [];
      once.forEach((one, i) => {
        twice.push(one);
        const again = once[i - (distances[i] ?? 0)];
        if (again && one.time - again.time < SETTINGS.latenessMs) twice.push({ ...again, value: 999 });
      });
      const a = run(SETTINGS, [...inBlocks(once, []), CLOSING]);
      const b = run(SETTINGS, [...inBlocks(twice, []), CLOSING]);
      expect({ ...b, counts: 0 }).toEqual({ ...a, counts: 0 });
      expect(b.counts).toMatchObject({ processed: once.length, duplicate: twice.length - once.length });
    }),
  );
});

describe('rules', () => {
  const one = (timeMs: number, v = 1, series = 0): Reading => ({ series, time: START + timeMs, value: v });
  const at = (appendedMs: number, ...readings: Reading[]): Record => ({
    appendedAtMs: START + appendedMs,
    readings,
  });

  test('a window is emitted when event time has passed its end by the reorder delay, not before', () => {
    const { stream, output } = collectingStream(SETTINGS);
    feed(stream, at(0, one(1_000), one(11_999), one(9_999)));
    expect(output.windows).toEqual([]);
    feed(stream, at(1, one(12_000)));
    expect(output.windows).toMatchObject([
      { sizeMs: 10_000, startMs: START, count: 2, revision: 0, final: false },
    ]);
  });

  test('late readings within the lateness revise a window, all of 10 s of event time at once, until it is final', () => {
    const { stream, output } = collectingStream(SETTINGS);
    feed(stream, at(0, one(1_000), one(12_000)));
    feed(stream, at(1, one(2_000), one(3_000)));
    feed(stream, at(2, one(21_999), one(4_000)));
    expect(output.windows.splice(0)).toMatchObject([{ count: 1, revision: 0 }]);
    feed(stream, at(3, one(22_000)));
    expect(output.windows.splice(0)).toMatchObject([
      { startMs: START, count: 4, revision: 1, final: false },
      { startMs: START + 10_000, count: 1, revision: 0, final: false },
    ]);
    feed(stream, at(4, one(39_000), one(9_500), one(40_000), one(9_600), one(42_000)));
    expect(output.windows.splice(0)).toMatchObject([
      { startMs: START + 20_000, count: 2, revision: 0, final: false },
      { startMs: START, count: 5, revision: 2, final: true },
      { startMs: START + 30_000, count: 1, revision: 0, final: false },
    ]);
    expect(stream.counts).toMatchObject({ processed: 11, late: 1 });
  });

  test('a late reading revises the minute, too, whether its 10 s are final or not', () => {
    const { stream, output } = collectingStream({ ...SETTINGS, latenessMs: 65_000 });
    feed(stream, at(0, one(1_000, 1), one(15_000, 2), one(62_000, 3)));
    expect(output.windows.splice(0)).toMatchObject([
      { sizeMs: 10_000, startMs: START },
      { sizeMs: 10_000, startMs: START + 10_000 },
      { sizeMs: 60_000, startMs: START, count: 2, sum: 3, revision: 0, final: false },
    ]);
    feed(stream, at(1, one(76_000), one(16_000, 10), one(82_000)));
    expect(output.windows.slice(-3)).toMatchObject([
      { sizeMs: 10_000, startMs: START + 10_000, count: 2, sum: 12, revision: 1 },
      { sizeMs: 10_000, startMs: START + 70_000, count: 1, revision: 0 },
      { sizeMs: 60_000, startMs: START, count: 3, sum: 13, first: 1, last: 10, revision: 1, final: false },
    ]);
  });

  test('a reading older than the watermark is late and in no window', () => {
    const { counts, windows } = run(SETTINGS, [at(0, one(35_000), one(4_999), one(5_000)), CLOSING]);
    expect(counts).toMatchObject({ processed: 2, late: 1 });
    expect(windows).toMatchObject([
      { startMs: START, sizeMs: 10_000, count: 1, revision: 0, final: true },
      { startMs: START + 30_000, sizeMs: 10_000, count: 1, revision: 0, final: true },
      { startMs: START, sizeMs: 60_000, count: 2, revision: 0, final: true },
    ]);
  });

  test("an idle series closes by the log's time, and what comes later to a closed window is late", () => {
    const { counts, windows } = run(SETTINGS, [
      at(0, one(1_000)),
      at(89_000, one(0, 1, 2)),
      at(91_000, one(2_000)),
    ]);
    expect(windows).toMatchObject([
      { series: 0, startMs: START, sizeMs: 10_000, count: 1 },
      { series: 0, startMs: START, sizeMs: 60_000, count: 1 },
    ]);
    expect(counts).toMatchObject({ processed: 2, late: 1 });
  });

  test('a negative zero is zero, so that the order does not tell in the least value', () => {
    const { windows } = run(SETTINGS, [at(0, one(1_000, -0), one(2_000, 0)), CLOSING]);
    expect(windows[0]).toMatchObject({ min: 0, max: 0, first: 0, last: 0, sum: 0 });
  });

  test('a clock far ahead is left out instead of making all others late', () => {
    const { counts } = run(SETTINGS, [at(0, one(1_000), one(86_400_000), one(2_000))]);
    expect(counts).toMatchObject({ processed: 2, ahead: 1, late: 0 });
  });

  test('a clock that is some minutes ahead makes no other series late', () => {
    const { counts } = run(SETTINGS, [at(0, one(1_000), one(500_000), one(2_000), one(1_000, 1, 1))]);
    expect(counts).toMatchObject({ processed: 3, ahead: 0, late: 1 });
  });

  test('a series that was forgotten does not count again what it had counted before', () => {
    const settings = { ...SETTINGS, maxAheadMs: 0, evictAfterMs: 160_000 };
    const { counts, windows } = run(settings, [
      at(60_000, one(1_000), one(2_000)),
      at(230_000, one(1_000), one(2_000), one(229_000)),
      CLOSING,
    ]);
    expect(counts).toMatchObject({ processed: 3, late: 2 });
    expect(windows).toMatchObject([
      { startMs: START, sizeMs: 10_000, count: 2 },
      { startMs: START, sizeMs: 60_000, count: 2 },
      { startMs: START + 220_000, sizeMs: 10_000, count: 1 },
      { startMs: START + 180_000, sizeMs: 60_000, count: 1 },
    ]);
  });

  test('too many times of all series together shrink the lateness of those with the most', () => {
    const settings = { ...SETTINGS, maxTimes: 20 };
    const times = (count: number, series: number) =>
      Array.from({ length: count }, (_, i) => one(i, 1, series));
    const first = at(0, ...times(15, 0), ...times(8, 1), ...times(2, 2));
    const again = at(10_000, one(4), one(5), one(0, 1, 1), one(0, 1, 2));
    expect(run(settings, [first, again]).counts).toMatchObject({ processed: 25, late: 1, duplicate: 3 });
    const soon = { ...again, appendedAtMs: START + 9_999 };
    expect(run(settings, [first, soon]).counts).toMatchObject({ processed: 25, late: 0, duplicate: 4 });
  });

  test('series beyond the bound are counted, not tracked, until another is evicted', () => {
    const settings = { ...SETTINGS, maxSeries: 1, maxAheadMs: 0, evictAfterMs: 160_000 };
    const { stream } = collectingStream(settings);
    feed(stream, at(0, one(0), one(0, 1, 1)));
    expect(stream.counts).toMatchObject({ processed: 1, untracked: 1 });
    expect([...stream.takeChanges()].map(({ state }) => state !== undefined)).toEqual([true]);
    feed(stream, at(170_000, one(170_000, 1, 1)));
    expect(stream.counts).toMatchObject({ processed: 2, untracked: 1 });
    expect([...stream.takeChanges()].map(({ state }) => state !== undefined)).toEqual([false, true]);
    expect(stream.seriesCount).toBe(1);
  });

  test('too many times within the lateness shrink the lateness of that series', () => {
    const settings = { ...SETTINGS, maxRecentTimes: 16 };
    const fast = Array.from({ length: 17 }, (_, i) => one(i));
    const { counts } = run(settings, [at(0, ...fast, one(1, 5), one(2, 5), one(20, 1, 1), one(3, 1, 1))]);
    expect(counts).toMatchObject({ processed: 19, late: 1, duplicate: 1 });
  });

  test('settings that contradict each other are refused', () => {
    const longest = SETTINGS.latenessMs + SETTINGS.idleTimeoutMs + SETTINGS.maxAheadMs + 60_000;
    expect(() => collectingStream({ ...SETTINGS, evictAfterMs: longest })).toThrow(RangeError);
    collectingStream({ ...SETTINGS, evictAfterMs: longest + 1 });
    expect(() => collectingStream({ ...SETTINGS, latenessMs: -1 })).toThrow(RangeError);
  });
});
