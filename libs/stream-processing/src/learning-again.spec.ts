import { expect, jest, test } from '@jest/globals';
import { type DetectorKind, LimitWatch } from '@tidewatch/anomaly-detection';
import type { DetectionInput } from '@tidewatch/contracts';
import * as fc from 'fast-check';
import { settingsOfSubjects } from './detection/settings-of-subjects';
import { PartitionStream } from './partition-stream';
import { SERIES, SETTINGS, START } from './spec/group-harness';
import { anyRecords, checkpoint, countingDetector, feed, type Record, type Store } from './spec/harness';

const NOWHERE = { window: () => undefined, group: () => undefined, episode: () => undefined };
const input: DetectionInput = { limits: { max: { value: 90, forSeconds: 20, hysteresis: 0 } } };
const LIMITS = settingsOfSubjects([{ scope: 'metric', subject: 'flow', input }]);

const recordsUpTo = (value: number) =>
  anyRecords(START, { series: SERIES.length, value: fc.nat(value), mostReadings: 30 });

function newStream(kind: DetectorKind = countingDetector): PartitionStream {
  const stream = new PartitionStream(SETTINGS, kind, NOWHERE);
  stream.useDetection(LIMITS);
  return stream;
}

function streamThatRead(list: readonly Record[], kind?: DetectorKind): PartitionStream {
  const stream = newStream(kind);
  for (const record of list) feed(stream, record, SERIES);
  return stream;
}

function statesOf(stream: PartitionStream, store: Store = new Map()): Store {
  checkpoint(stream, store);
  return new Map([...store].sort());
}

/** Returns whether all could be restored as it was. */
function restored(from: PartitionStream, states: Store): { stream: PartitionStream; isWhole: boolean } {
  const stream = newStream();
  stream.restorePartition(from.partitionState());
  const isWhole = [...states.values()].map((state) => stream.restore(state)).every((whole) => whole);
  return { stream, isWhole };
}

test('whatever states of series and groups are lost, they are learned again as they were, and nothing else changes', () => {
  fc.assert(
    fc.property(recordsUpTo(150), fc.array(fc.boolean(), { maxLength: 12 }), (list, lost) => {
      const before = streamThatRead(list);
      const states = statesOf(before);
      const kept = new Map([...states].filter((_, i) => !lost[i]));
      const { stream } = restored(before, kept);
      const count = stream.learn(streamThatRead(list));
      expect(statesOf(stream, kept)).toEqual(states);
      expect(count).toBe(states.size - [...states].filter((_, i) => !lost[i]).length);
    }),
    { numRuns: 200 },
  );
});

/** Each reading later than all before it. */
function inOrder(list: readonly Record[]): Record[] {
  let time = START;
  return list.map(({ readings, ...record }) => ({
    ...record,
    readings: readings.map((reading) => ({ ...reading, time: (time += 500) })),
  }));
}

// Episodes and what is kept for late readings belong to the detector that was: they stay, or begin anew.
test('a detector of another version is learned again, and nothing else of its series', () => {
  fc.assert(
    fc.property(recordsUpTo(80).map(inOrder), (list) => {
      const states = statesOf(streamThatRead(list));
      const older = streamThatRead(list, { ...countingDetector, name: 'older' });
      const stored = statesOf(older);
      const { stream } = restored(older, stored);
      expect(stream.learn(streamThatRead(list))).toBe(stream.seriesCount);
      expect(statesOf(stream, stored)).toEqual(states);
    }),
    { numRuns: 100 },
  );
});

test('what goes on beyond limits is learned again where its state is of another version', () => {
  const beyond = { appendedAtMs: START, readings: [{ series: 0, time: START, value: 95 }] };
  const list = [beyond, { ...beyond, readings: [{ series: 0, time: START + 5_000, value: 97 }] }];
  const before = streamThatRead(list);
  const states = statesOf(before);
  const other = jest.spyOn(LimitWatch.prototype, 'snapshot').mockReturnValue(Uint8Array.of(99));
  const spoilt = statesOf(streamThatRead(list));
  other.mockRestore();
  const { stream, isWhole } = restored(before, spoilt);
  expect(isWhole).toBe(false);
  expect(stream.learn(streamThatRead(list))).toBe(1);
  expect(statesOf(stream, spoilt)).toEqual(states);
});
