import { expect, test } from '@jest/globals';
import type { Episode } from '@tidewatch/anomaly-detection';
import * as fc from 'fast-check';
import { DEFAULT_STREAM_SETTINGS } from '../settings';
import { collectingStream, feed, jumpDetector, type Reading, type Record, SERIES } from '../spec/harness';
import { seriesDetection } from './detection-settings';

const LATENESS_MS = 10_000;
const SETTINGS = {
  ...DEFAULT_STREAM_SETTINGS,
  ...{ latenessMs: LATENESS_MS, reorderMs: 1_000, idleTimeoutMs: 80_000, episodeCalmMs: 3_000 },
};
const START = 1_700_000_040_000;
const LIMITS = {
  max: { value: 120, forSeconds: 4, hysteresis: 10 },
  rate: { maxPerSecond: 30 },
  stuck: { forSeconds: 20 },
};
const CLOSING: Record = { appendedAtMs: START + 4_000_000, readings: [] };
/** Each series was out of order before: from then on its history is kept. */
const DISORDER = SERIES.flatMap((_, series) =>
  [-50_000, -60_000].map((ms) => ({ series, time: START + ms, value: 1 })),
);

type Told = Episode & { series: number; event: string };

interface Sent {
  readonly one: Reading;
  /** Below the lateness. */
  readonly delay: number;
}

const value = fc.oneof(
  { weight: 4, arbitrary: fc.constant(20) },
  { weight: 1, arbitrary: fc.constantFrom(10, 60, 115, 130, 300) },
);
/** A few readings of each series. */
const sparse: fc.Arbitrary<Sent[]> = fc
  .uniqueArray(
    fc.tuple(
      fc.record({ series: fc.nat(SERIES.length - 1), time: fc.nat(240).map((n) => n * 500), value }),
      fc.oneof(fc.constant(0), fc.nat(LATENESS_MS - 1)),
    ),
    { selector: ([{ series, time }]) => series * 1e6 + time, minLength: 20, maxLength: 80 },
  )
  .map((list) => list.map(([one, delay]) => ({ one: { ...one, time: START + one.time }, delay })));
/** So many of one series that snapshots follow each other, and few of them late. */
const dense: fc.Arbitrary<Sent[]> = fc
  .array(
    fc.tuple(
      value,
      fc.oneof(
        { weight: 30, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.constantFrom(1_500, 5_000, LATENESS_MS - 50) },
      ),
    ),
    { minLength: 250, maxLength: 300 },
  )
  .map((list) =>
    list.map(([value, delay], i) => ({ one: { series: 0, time: START + i * 100, value }, delay })),
  );
const flags = fc.array(fc.boolean(), { maxLength: 80 });

/** The log's time goes on with each record, but not so far that a series seems silent. */
function inRecords(readings: readonly Reading[], cutBefore: readonly boolean[]): Record[] {
  const records: Reading[][] = [[]];
  readings.forEach((one, i) => {
    if (cutBefore[i]) records.push([]);
    records.at(-1)!.push(one);
  });
  return records.map((list, i) => ({ appendedAtMs: START + 400_000 + i * 900, readings: list }));
}

/** Everything that was told, with a restart before each record that `restarts` has. */
function toldOf(records: readonly Record[], restarts: readonly boolean[]): Told[] {
  const open = () => {
    const made = collectingStream(SETTINGS, jumpDetector);
    made.stream.useDetection({ of: () => seriesDetection({ limits: LIMITS }) });
    return made;
  };
  const store = new Map<string, Uint8Array>();
  const told: object[] = [];
  let { stream, output } = open();
  records.forEach((record, i) => {
    if (restarts[i]) {
      for (const { hash, state } of stream.takeChanges()) {
        store.set(Buffer.from(hash).toString('hex'), state!.slice());
      }
      const next = open();
      next.stream.restorePartition(stream.partitionState());
      for (const state of store.values()) expect(next.stream.restoreSeries(state)).toBe(true);
      ({ stream, output } = next);
    }
    feed(stream, record);
    told.push(...output.anomalies.splice(0));
  });
  return told as Told[];
}

/**
 * What stands of each episode after the last event of it. Fails where a revision is not one more than the one before, where an episode goes on after it is
 * over without being revised, or where it changes its incident.
 */
function standing(told: readonly Told[]): string[] {
  const last = new Map<string, Told>();
  for (const one of told) {
    const id = `${one.series} ${one.source} ${one.identityUs}`;
    const before = last.get(id);
    last.set(id, one);
    expect(one.revision).toBe(before === undefined ? 0 : before.revision + 1);
    expect(one.event === 'opened').toBe(before === undefined);
    if (before === undefined) continue;
    expect(one.incidentUs).toBe(before.incidentUs);
    const isOver = before.endedUs !== null || before.event === 'withdrawn';
    if (isOver) expect(['revised', 'withdrawn']).toContain(one.event);
    expect([before.event, one.event]).not.toEqual(['withdrawn', 'withdrawn']);
  }
  return [...last.values()]
    .filter(({ event }) => event !== 'withdrawn')
    .map(({ series, source, beganUs, endedUs, peak, severity, flaggedReadings }) =>
      JSON.stringify([series, source, beganUs, endedUs, peak, severity, flaggedReadings]),
    )
    .sort();
}

/** Half of the runs are always the same ones, in which every kind of event is known to occur. */
const KNOWN = { seed: 3 } as const;

test.each([
  ['a few readings of each series', sparse, 100],
  ['many readings of one series', dense, 30],
])(
  'any order within the lateness, any batching and any restarts leave the same episodes: %s',
  (_name, sent, runs) => {
    const events = new Set<string>();
    let run = 0;
    const examples = fc.sample(fc.tuple(sent, flags, flags, flags), { ...KNOWN, numRuns: runs });
    fc.assert(
      fc.property(sent, flags, flags, flags, (list, cutsA, cutsB, restarts) => {
        const inOrder = [...list].sort((a, b) => a.one.time - b.one.time);
        const arrival = [...list].sort((a, b) => a.one.time + a.delay - (b.one.time + b.delay));
        const [a, b] = [inOrder, arrival].map((of, i) => {
          const readings = [...DISORDER, ...of.map(({ one }) => one)];
          const records = [...inRecords(readings, i === 0 ? cutsA : cutsB), CLOSING];
          return toldOf(records, i === 0 ? [] : restarts);
        });
        // The known ones come first. What the others happen to show proves nothing of them.
        if (run++ < runs) for (const { event } of [...a!, ...b!]) events.add(event);
        expect(standing(b!)).toEqual(standing(a!));
      }),
      { examples, numRuns: 2 * runs },
    );
    expect([...events].sort()).toEqual(['closed', 'opened', 'revised', 'updated', 'withdrawn']);
  },
);
