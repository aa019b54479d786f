import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Anomaly, TOPICS, type WindowAggregate } from '@tidewatch/contracts';
import { FencedError, type LogBatch, type MessageLog, PoisonRecordError } from '@tidewatch/messaging';
import { partitionOfDevice } from '@tidewatch/readings';
import { DEFAULT_STREAM_SETTINGS, watchingOf } from '@tidewatch/stream-processing';
import { type TestDatabase, waitFor } from '@tidewatch/testing';
import { openLab, type PartitionLab } from '../testing/partition-lab';
import { batchOf, block, chunks, minutesOf, START_MS } from '../testing/readings';
import { openPartition, type PartitionDependencies } from './open-partition';

const PARTITIONS = 2;

let database: TestDatabase;
let log: MessageLog;
let dependencies: PartitionDependencies;
let claimAs: PartitionLab['claimAs'];
let storedStates: PartitionLab['storedStates'];
let close: PartitionLab['close'];

beforeEach(async () => {
  ({ database, log, dependencies, claimAs, storedStates, close } = await openLab(PARTITIONS));
});

afterEach(() => close());

async function valuesOf<T>(topic: string): Promise<T[]> {
  const { rows } = await database.pool.query<{ value: Buffer }>(
    'SELECT value FROM log_records WHERE topic = $1 ORDER BY partition, log_offset',
    [topic],
  );
  return rows.map(({ value }) => JSON.parse(value.toString()) as T);
}

test('readings on the log come out as windows and anomalies, exactly', async () => {
  const consumer = log.consume({
    ...{ consumer: 'processing', topic: TOPICS.readings },
    open: (claim) => openPartition(claim, dependencies),
  });
  await consumer.start();
  const devices = ['pump-1', 'pump-2', 'pump-3'];
  for (const device of devices) {
    const partition = partitionOfDevice(device, PARTITIONS);
    for (const readings of chunks(minutesOf(device), 50)) {
      // Each block comes twice, as after a retry.
      const record = { partition, key: device, value: block(readings) };
      await log.append(TOPICS.readings, [record, record]);
    }
  }
  // Event time is at 179 s: 17 short windows and 2 long ones of each device are over, by more than the reorder delay.
  const windows = await waitFor('windows', async () => {
    const all = await valuesOf<WindowAggregate>(TOPICS.aggregates);
    return all.length >= 19 * devices.length ? all : undefined;
  });
  await consumer.stop();
  expect(windows).toHaveLength(19 * devices.length);
  expect(new Set(windows.map(({ id }) => id)).size).toBe(windows.length);
  for (const device of devices) {
    const readings = minutesOf(device);
    for (const window of windows.filter(({ series }) => series.device === device)) {
      const from = (window.startMs - START_MS) / 1000;
      const values = readings.slice(from, from + window.sizeMs / 1000).map(({ value }) => value);
      expect(window).toMatchObject({
        count: values.length,
        min: Math.min(...values),
        max: Math.max(...values),
        // Quarters: every partial sum is exact.
        sum: values.reduce((a, b) => a + b),
        sumOfSquares: values.reduce((a, b) => a + b * b, 0),
        first: values[0],
        last: values.at(-1),
        revision: 0,
      });
    }
  }
  const anomalies = await valuesOf<Anomaly>(TOPICS.anomalies);
  for (const device of devices) {
    const events = anomalies.filter(({ series }) => series.device === device);
    expect(events).toMatchObject([
      { revision: 0, state: 'open', peakValue: 92, ended: null },
      { revision: 1, state: 'closed', peakValue: 92, durationSeconds: 1, flaggedReadings: 1 },
    ]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(1);
    expect(events[1]!.explanation).toMatch(
      /^pump-. temperature 92; expected .*; began .* UTC, lasted 1 s\.$/,
    );
  }
  expect(anomalies).toHaveLength(2 * devices.length);
  const { rows } = await database.pool.query('SELECT sum(next_offset)::int AS done FROM checkpoints');
  expect(rows).toEqual([{ done: 2 * 4 * devices.length }]);
});

test('who takes a partition says by which settings it watches readings, for previews', async () => {
  const { rows } = await database.pool.query('SELECT FROM watching');
  expect(rows).toEqual([]);
  await openPartition(await claimAs('processing'), dependencies);
  const settings = { ...DEFAULT_STREAM_SETTINGS, latenessMs: 7_000, episodeCalmMs: 1_000 };
  for (let times = 0; times < 2; times++) {
    await openPartition(await claimAs('processing'), { ...dependencies, settings });
    const told = await database.pool.query<{ settings: unknown }>('SELECT settings FROM watching');
    expect(told.rows).toEqual([{ settings: watchingOf('agreement', settings) }]);
  }
});

test('a crash before the checkpoint repeats outputs identically and ends in the same state', async () => {
  const readings = [...minutesOf('pump-1'), ...minutesOf('pump-2')];
  const blocks = chunks(readings, 40).map(block);

  const straight = await openPartition(await claimAs('straight'), dependencies);
  await straight.handle(batchOf(blocks));
  await straight.close();
  const outputsOf = async () =>
    [...(await valuesOf(TOPICS.aggregates)), ...(await valuesOf(TOPICS.anomalies))].map((one) =>
      JSON.stringify(one),
    );
  const expected = (await outputsOf()).sort();
  await database.pool.query('DELETE FROM log_records');

  const first = await openPartition(await claimAs('crashing'), dependencies);
  await first.handle(batchOf(blocks.slice(0, 3)));
  await first.close();
  const second = await openPartition(await claimAs('crashing'), dependencies);
  await second.handle(batchOf(blocks.slice(3, 7), 3));
  // It ends here, without a checkpoint. Its successor gets the records in other batches.
  const claim = await claimAs('crashing');
  expect(claim.nextOffset).toBe(3n);
  const third = await openPartition(claim, dependencies);
  for (let i = 3; i < blocks.length; i++) await third.handle(batchOf([blocks[i]!], i));
  await third.close();

  const outputs = await outputsOf();
  expect(outputs.length).toBeGreaterThan(expected.length);
  expect([...new Set(outputs)].sort()).toEqual(expected);
  expect(await storedStates('crashing')).toEqual(await storedStates('straight'));
  expect(await storedStates('straight')).toHaveLength(3);
});

test('who has lost the partition writes nothing more', async () => {
  const blocks = chunks(minutesOf('pump-1'), 60).map(block);
  const old = await openPartition(await claimAs('fenced'), dependencies);
  await old.handle(batchOf(blocks.slice(0, 1)));
  const next = await openPartition(await claimAs('fenced'), dependencies);
  await expect(old.close()).rejects.toThrow(FencedError);
  expect(await storedStates('fenced')).toEqual([]);
  await next.handle(batchOf(blocks));
  await next.close();
  const states = await storedStates('fenced');
  await expect(old.close()).rejects.toThrow(FencedError);
  expect(await storedStates('fenced')).toEqual(states);
});

test('a record that is no block is poison, before anything of its batch takes effect', async () => {
  const blocks = chunks(minutesOf('pump-1'), 60).map(block);
  const processor = await openPartition(await claimAs('poison'), dependencies);
  const bad = batchOf([...blocks, Buffer.from('no block')]);
  await expect(processor.handle(bad)).rejects.toThrow(PoisonRecordError);
  await expect(processor.handle(bad)).rejects.toMatchObject({ offset: 3n, reason: 'undecodable-block' });
  expect(await valuesOf(TOPICS.aggregates)).toEqual([]);
  await processor.handle({ ...bad, records: bad.records.slice(0, 3) });
  expect(await valuesOf(TOPICS.aggregates)).toHaveLength(19);
  await processor.close();
  expect((await claimAs('poison')).nextOffset).toBe(4n);
});

describe('a partition without records', () => {
  const LAST_MS = 209_900;
  /** Just before the log's time enters a new period of 10 s, in which series that have gone quiet are looked for. */
  const silent = (blocks: readonly Uint8Array[], firstOffset = 0): LogBatch => {
    const batch = batchOf(blocks, firstOffset);
    return { ...batch, records: batch.records.map((one) => ({ ...one, appendedAtMs: START_MS + LAST_MS })) };
  };
  const open = async (consumer: string) =>
    openPartition(await claimAs(consumer), {
      ...dependencies,
      settings: { ...DEFAULT_STREAM_SETTINGS, latenessMs: 50, idleTimeoutMs: 150 },
    });
  /** Steady, with a spike at the very end: its windows and its episode wait. */
  const readings = minutesOf('pump-1').map((one, i) => (i === 179 ? { ...one, value: 92 } : one));
  const onLog = (values: readonly Uint8Array[]) =>
    log.append(
      TOPICS.readings,
      values.map((value) => ({ partition: 0, key: 'pump-1', value })),
    );
  const closed = async () =>
    (await valuesOf<Anomaly>(TOPICS.anomalies)).filter(({ state }) => state === 'closed');
  const last = async () =>
    (await valuesOf<WindowAggregate>(TOPICS.aggregates)).filter(
      ({ startMs }) => startMs >= START_MS + 170_000,
    );

  test('closes its windows and episodes after a silence, once, and a successor repeats it', async () => {
    const blocks = [block(readings)];
    await onLog(blocks);
    const first = await open('quiet');
    await first.handle(silent(blocks));
    expect(await last()).toEqual([]);
    await waitFor('the end of the episode', async () => {
      await first.tick();
      return (await closed()).length > 1;
    });
    // That of the spike in the middle, and that of the last reading.
    expect(await closed()).toMatchObject([{ durationSeconds: 1 }, { durationSeconds: 0, peakValue: 92 }]);
    const [window] = await last();
    expect(window).toMatchObject({ count: 10, max: 92, revision: 0, final: true });
    const told = [...(await valuesOf(TOPICS.aggregates)), ...(await valuesOf(TOPICS.anomalies))];
    // It is killed here, before the checkpoint that knows of it.
    const second = await open('quiet');
    const again = [...(await valuesOf(TOPICS.aggregates)), ...(await valuesOf(TOPICS.anomalies))];
    expect(again.length).toBeGreaterThan(told.length);
    const texts = (list: readonly unknown[]) => [...new Set(list.map((one) => JSON.stringify(one)))].sort();
    expect(texts(again)).toEqual(texts(told));
    // What comes later into what was closed is late, and what comes again is no news.
    const late = block([{ device: 'pump-1', atMs: 178_500, value: 20 }, ...readings.slice(-1)]);
    await second.handle(silent([late], 1));
    await second.close();
    expect(await last()).toHaveLength(1);
    const third = await open('quiet');
    await third.close();
    expect(await closed()).toHaveLength(3);
  });

  test('is not silent while the log has records for it, or while another has claimed it', async () => {
    const blocks = [block(readings)];
    const [behind, lost] = [await open('behind'), await open('lost')];
    await behind.handle(silent(blocks));
    await lost.handle(silent(blocks));
    await onLog(blocks);
    const heir = await open('lost');
    await heir.handle(silent(blocks));
    let fenced: unknown;
    await waitFor('the heir to have passed a silence', async () => {
      await lost.tick().catch((error: unknown) => (fenced = error));
      if (fenced === undefined) return false;
      await heir.tick();
      return (await last()).length === 1;
    });
    expect(fenced).toBeInstanceOf(FencedError);
    await onLog(blocks);
    await behind.tick();
    expect(await last()).toHaveLength(1);
    // A record that the heir reads after the silence is not for the old owner, which knows nothing of it.
    await expect(lost.handle(silent(blocks, 1))).rejects.toThrow(FencedError);
  });
});

describe('state', () => {
  test('of thousands of series comes back whole; evicted series leave the table', async () => {
    const devices = Array.from({ length: 2_500 }, (_, i) => `device-${i}`);
    const many = await openPartition(await claimAs('many'), dependencies);
    await many.handle(batchOf([block(devices.map((device) => ({ device, atMs: 0, value: 1 })))]));
    await many.close();
    expect(await storedStates('many')).toHaveLength(2_501);

    const restored = await openPartition(await claimAs('many'), dependencies);
    // All are known: what comes again is a duplicate and no new state.
    await restored.handle(batchOf([block(devices.map((device) => ({ device, atMs: 0, value: 2 })))], 1));
    const afterMs = 8 * 86_400_000;
    const muchLater = (blockAfter: Uint8Array, from: number): LogBatch => {
      const batch = batchOf([blockAfter], from);
      const records = batch.records.map((record) => ({ ...record, appendedAtMs: START_MS + afterMs }));
      return { ...batch, records };
    };
    await restored.handle(muchLater(block([{ device: 'device-7', atMs: afterMs, value: 1 }]), 2));
    await restored.close();
    expect(await storedStates('many')).toHaveLength(2);
    // The one minute of each device was closed when it had been silent for long.
    expect(await valuesOf(TOPICS.aggregates)).toHaveLength(5_000);

    const again = await openPartition(await claimAs('many'), dependencies);
    // What forgotten series had counted is not counted again, not even by a successor.
    await again.handle(muchLater(block(devices.map((device) => ({ device, atMs: 0, value: 1 }))), 3));
    await again.close();
    expect(await storedStates('many')).toHaveLength(2);
    expect(await valuesOf(TOPICS.aggregates)).toHaveLength(5_000);
  });

  test('that is damaged is set aside, and the rest goes on', async () => {
    const readings = [...minutesOf('pump-1'), ...minutesOf('pump-2')];
    const first = await openPartition(await claimAs('damaged'), dependencies);
    await first.handle(batchOf([block(readings)]));
    await first.close();
    const before = await storedStates('damaged');
    await database.pool.query(
      `UPDATE stream_state SET state = set_byte(state, 40, 7) WHERE key_hash = (SELECT max(key_hash) FROM stream_state)`,
    );
    const second = await openPartition(await claimAs('damaged'), dependencies);
    await second.handle(batchOf([block(readings.slice(-1))], 1));
    await second.close();
    const after = await storedStates('damaged');
    expect(after).toHaveLength(3);
    expect(after[1]).toBe(before[1]);
  });
});

test('a checkpoint tells what its states took here and there, and not what it waited for', async () => {
  const claim = await claimAs('pace');
  const changes = Array.from({ length: 600 }, (_, i) => ({
    hash: Buffer.from(String(i).padStart(16)),
    state: new Uint8Array(2_000),
  }));
  // Other work of the process, each time that the checkpoint waits for the database.
  const other = setInterval(() => {
    for (const until = performance.now() + 100; performance.now() < until;);
  }, 1);
  const beganMs = performance.now();
  const written = await dependencies.store
    .save(claim, 1n, new Uint8Array(1), changes)
    .finally(() => clearInterval(other));
  const passed = (performance.now() - beganMs) / 1000;
  expect(written).toMatchObject({ series: 600, bytes: 1_200_000 });
  expect(written.seconds).toBeGreaterThan(0);
  expect(written.seconds).toBeLessThan(passed - 0.3);
});
