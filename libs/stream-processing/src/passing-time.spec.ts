import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PartitionStream } from './partition-stream';
import { DEFAULT_STREAM_SETTINGS } from './settings';
import { collectingStream, feed, recordsFrom, SERIES } from './spec/harness';

const SETTINGS = {
  ...DEFAULT_STREAM_SETTINGS,
  ...{ latenessMs: 30_000, idleTimeoutMs: 60_000, maxAheadMs: 20_000, evictAfterMs: 180_000 },
};
const START = 1_700_000_040_000;

const records = fc
  .array(
    fc.record({
      pauseMs: fc.nat(20_000),
      readings: fc.array(
        fc.record({ series: fc.nat(SERIES.length - 1), age: fc.nat(40_000), value: fc.nat(150) }),
        { maxLength: 10 },
      ),
    }),
    { maxLength: 10 },
  )
  .map((arrivals) => recordsFrom(START, arrivals));
/** What a checkpoint would store, by the hash of the series. */
function changesOf(stream: PartitionStream): [hash: string, state: Uint8Array | undefined][] {
  const changes: [string, Uint8Array | undefined][] = [];
  for (const { hash, state } of stream.takeChanges()) {
    changes.push([Buffer.from(hash).toString('hex'), state?.slice()]);
  }
  return changes.sort(([a], [b]) => (a < b ? -1 : 1));
}

const silences = fc.array(fc.nat(400_000), { maxLength: 8 });

test('time that passes without a record changes something if and only if something is due', () => {
  fc.assert(
    fc.property(records, silences, (list, pauses) => {
      const { stream, output } = collectingStream(SETTINGS);
      for (const record of list) feed(stream, record);
      let timeMs = Math.max(stream.timeMs, START);
      for (const pause of pauses) {
        timeMs += pause;
        const isDue = stream.isDue(timeMs);
        output.windows.length = output.anomalies.length = 0;
        changesOf(stream);
        stream.passTime(timeMs);
        const changes = changesOf(stream).length + output.windows.length + output.anomalies.length;
        expect(changes > 0).toBe(isDue);
      }
    }),
  );
});

test('a stream that was restored passes the silence that was written down, and both go on alike', () => {
  fc.assert(
    fc.property(records, fc.nat(400_000), records, (list, silenceMs, more) => {
      const straight = collectingStream(SETTINGS);
      for (const record of list) feed(straight.stream, record);
      const untilMs = straight.stream.timeMs + silenceMs;
      const state = straight.stream.partitionState(untilMs);
      const next = collectingStream(SETTINGS);
      const toPass = next.stream.restorePartition(state);
      for (const [, one] of changesOf(straight.stream)) if (one) next.stream.restoreSeries(one);
      straight.output.windows.length = straight.output.anomalies.length = 0;
      straight.stream.passTime(untilMs);
      next.stream.passTime(toPass);
      for (const { appendedAtMs, readings } of more) {
        const shifted = readings.map((one) => ({ ...one, time: one.time + silenceMs }));
        const record = { appendedAtMs: appendedAtMs + silenceMs, readings: shifted };
        feed(straight.stream, record);
        feed(next.stream, record);
      }
      expect(next.output).toEqual(straight.output);
      expect(changesOf(next.stream)).toEqual(changesOf(straight.stream));
      expect(next.stream.partitionState()).toEqual(straight.stream.partitionState());
    }),
  );
});
