import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Detector, DetectorKind } from '@tidewatch/anomaly-detection';
import { type Anomaly, TOPICS } from '@tidewatch/contracts';
import {
  CheckpointStore,
  createMessageLog,
  ensureTopics,
  FencedError,
  type LogBatch,
  type MessageLog,
  type MessagingOptions,
  type PartitionClaim,
} from '@tidewatch/messaging';
import { encodeBlock, ReadingBatchBuilder, seriesHash, seriesKey } from '@tidewatch/readings';
import { DEFAULT_STREAM_SETTINGS, type DetectionSettings } from '@tidewatch/stream-processing';
import { createTestDatabase, type TestDatabase } from '@tidewatch/testing';
import { CheckpointPace } from '../partitions/checkpoint-pace';
import { openPartition } from '../partitions/open-partition';
import type { PartitionProcessor } from '../partitions/partition-processor';
import { StateStore } from '../partitions/state-store';
import { PartitionSettings } from './partition-settings';
import { SettingsStore } from './settings-store';

/** Tests write checkpoints themselves. */
const SELDOM = new CheckpointPace({ leastMs: 3_600_000, mostMs: 3_600_000, share: 1 });
const START_MS = 1_700_000_040_000;
const METRICS = ['flow', 'level'];
/** Each record has 30 s; there is a spike in the middle of every fourth. */
const RECORDS = 40;
const isSpike = (second: number): boolean => second % 120 === 105;

/** Flags values above 50, whatever came before; where fewer than 0.1 alarms a week are accepted of the series, above 500. */
const THRESHOLD: DetectorKind = {
  name: 'threshold',
  create: threshold,
  restore: threshold,
  statistics: [],
  reason: () => 'above the threshold',
};

function threshold(): Detector {
  let limit = NaN;
  return {
    judge(_timeUs, value, verdict) {
      verdict.ratio = value / limit;
      verdict.score = verdict.ratio > 1 ? 1 : 0;
      verdict.expectedMin = 0;
      verdict.expectedMax = limit;
    },
    learn: () => undefined,
    budget: (alarmsPerWeek) => void (limit = alarmsPerWeek < 0.1 ? 500 : 50),
    snapshot: () => new Uint8Array(0),
    restore: () => undefined,
  };
}

let database: TestDatabase;
let log: MessageLog;
let latest: bigint;

beforeEach(async () => {
  database = await createTestDatabase();
  const options: MessagingOptions = {
    ...{ driver: 'postgres', pool: database.pool, connectionString: database.url, instanceId: 'test' },
  };
  await ensureTopics(options, { partitions: 1 });
  log = createMessageLog(options);
  latest = 0n;
});

afterEach(async () => {
  await log.close();
  await database.drop();
});

const claim = (): Promise<PartitionClaim> =>
  new CheckpointStore(database.pool).claim('processing', TOPICS.readings, 0, 'test');

/** On a log that ends at `end`. */
async function open(end = 0): Promise<PartitionProcessor> {
  const endOffset = () => Promise.resolve(BigInt(end));
  return openPartition(await claim(), {
    ...{
      log: Object.assign(Object.create(log) as MessageLog, { endOffset }),
      store: new StateStore(database.pool),
      settings: DEFAULT_STREAM_SETTINGS,
    },
    ...{ detector: THRESHOLD, pace: SELDOM },
    detection: new SettingsStore(database.pool),
    latestRevision: () => latest,
  });
}

function recordOf(index: number): LogBatch['records'][number] {
  const builder = new ReadingBatchBuilder();
  for (let second = index * 30; second < index * 30 + 30; second++) {
    const value = isSpike(second) ? 92 : 20 + (second % 5) / 4;
    for (const metric of METRICS)
      builder.append(seriesKey('pump', metric), (START_MS + second * 1_000) * 1_000, value);
  }
  const appendedAtMs = START_MS + (index + 1) * 30_000;
  return {
    offset: BigInt(index),
    key: 'pump',
    headers: {},
    value: encodeBlock(builder.view()),
    appendedAtMs,
  };
}

/** Records from `from` up to `to`, which is not included. */
function batch(from: number, to: number): LogBatch {
  const records = Array.from({ length: to - from }, (_, i) => recordOf(from + i));
  const place = { topic: TOPICS.readings, partition: 0, nextOffset: BigInt(to), highWatermark: BigInt(to) };
  return { ...place, records };
}

async function set(
  revision: number,
  { scope = 'metric', subject, body }: { scope?: string; subject: string; body: object | null },
): Promise<void> {
  await database.pool.query('INSERT INTO detection_settings VALUES ($1, $2, $3, $4)', [
    ...[scope, subject, revision, body && JSON.stringify(body)],
  ]);
  latest = BigInt(revision);
}

/** Anomalies as they opened, in the order of the log; the name of one is like `flow@105 threshold`: at second 105. */
async function told(): Promise<(Anomaly & { readonly name: string })[]> {
  const { rows } = await database.pool.query<{ value: Buffer }>(
    'SELECT value FROM log_records WHERE topic = $1 ORDER BY log_offset',
    [TOPICS.anomalies],
  );
  const events = rows.map(({ value }) => JSON.parse(value.toString()) as Anomaly);
  const second = (time: string): number => (Date.parse(time) - START_MS) / 1_000;
  return events
    .filter(({ revision }) => revision === 0)
    .map((one) => ({ ...one, name: `${one.series.metric}@${second(one.began)} ${one.detector}` }));
}

async function raised(): Promise<string[]> {
  return (await told()).map(({ name }) => name.replace(' threshold', ''));
}

async function switches(): Promise<number[][]> {
  const { rows } = await database.pool.query<{ o: number; r: number }>(
    'SELECT from_offset::int AS o, revision::int AS r FROM partition_settings ORDER BY 1',
  );
  return rows.map(({ o, r }) => [o, r]);
}

test('a metric that is off raises nothing from the offset on that is kept, and a series can be on', async () => {
  const processor = await open();
  await processor.handle(batch(0, 8));
  expect(await raised()).toEqual(['flow@105', 'level@105', 'flow@225', 'level@225']);
  await set(1, { subject: 'flow', body: { sensitivity: 'off' } });
  await processor.handle(batch(8, 12));
  expect((await raised()).slice(4)).toEqual(['level@345']);
  await set(2, { subject: 'level', body: { sensitivity: 'off' } });
  const hash = Buffer.from(seriesHash(seriesKey('pump', 'flow'))).toString('hex');
  await set(3, { scope: 'series', subject: hash, body: { sensitivity: 'default' } });
  await processor.handle(batch(12, 16));
  expect((await raised()).slice(5)).toEqual(['flow@465']);
  await set(4, { subject: 'level', body: null });
  await processor.handle(batch(16, 20));
  expect((await raised()).slice(6)).toEqual(['flow@585', 'level@585']);
  expect(await switches()).toEqual([
    [8, 1],
    [12, 3],
    [16, 4],
  ]);
});

test('what was set before the first record of a partition holds from that one on, also where it was set after the partition was opened', async () => {
  const processor = await open();
  await set(1, { subject: 'flow', body: { sensitivity: 'off' } });
  await processor.handle(batch(0, 8));
  expect(await raised()).toEqual(['level@105', 'level@225']);
  expect(await switches()).toEqual([[0, 1]]);
});

test('a replay switches where the first run did, in whatever batches, and takes new settings behind the end only', async () => {
  const first = await open();
  await first.handle(batch(0, 2));
  await first.handle(batch(2, 8));
  await first.close();
  await set(1, { subject: 'flow', body: { sensitivity: 'off' } });
  await first.handle(batch(8, 14));
  await set(2, { subject: 'level', body: { sensitivity: 'off' } });
  await first.handle(batch(14, 20));
  const before = await raised();
  expect(before.slice(4)).toEqual(['level@345']);
  // It is killed here. Meanwhile everything is on again, and the log has grown.
  await set(3, { subject: 'level', body: null });
  await set(4, { subject: 'flow', body: null });
  const second = await open(24);
  await second.handle(batch(8, 9));
  await second.handle(batch(9, 19));
  await second.handle(batch(19, 24));
  expect((await raised()).slice(before.length)).toEqual(['level@345']);
  await second.handle(batch(24, 28));
  expect((await raised()).slice(before.length + 1)).toEqual(['flow@825', 'level@825']);
  await second.close();
  expect(await switches()).toEqual([
    [8, 1],
    [14, 2],
    [24, 4],
  ]);
  const third = await open();
  await third.handle(batch(28, RECORDS));
  await set(5, { subject: 'flow', body: { sensitivity: 'off' } });
  await third.handle(batch(RECORDS, RECORDS + 4));
  // Those below the checkpoint matter no more.
  expect(await switches()).toEqual([
    [24, 4],
    [RECORDS, 5],
  ]);
});

test('a number is shared by the series of the device, from its offset on and again after a restart', async () => {
  const first = await open();
  await first.handle(batch(0, 4));
  await set(1, { subject: 'flow', body: { sensitivity: 0.19 } });
  await set(2, { subject: 'level', body: { sensitivity: 0.2 } });
  await first.handle(batch(4, 8));
  await set(3, { subject: 'level', body: { sensitivity: 0.19 } });
  await first.handle(batch(8, 12));
  const before = await raised();
  expect(before).toEqual(['flow@105', 'level@105', 'level@225']);
  const second = await open(12);
  await second.handle(batch(0, 7));
  await second.handle(batch(7, 12));
  expect((await raised()).slice(before.length)).toEqual(before);
  await second.close();
  const third = await open();
  await third.handle(batch(12, 13));
  await set(4, { subject: 'level', body: { sensitivity: 'off' } });
  // All that is accepted of the device is now for the flow alone.
  await third.handle(batch(13, 16));
  expect((await raised()).slice(2 * before.length)).toEqual(['flow@465']);
});

test('a limit holds from its offset on, also where the detector is off, and again in a replay', async () => {
  const first = await open();
  await first.handle(batch(0, 5));
  const max = { value: 90, hysteresis: 5 };
  await set(1, { subject: 'flow', body: { sensitivity: 'off', limits: { max } } });
  await set(2, { subject: 'level', body: { limits: { max: { ...max, forSeconds: 1 } } } });
  await first.handle(batch(5, 8));
  const before = await told();
  const wanted = ['flow@105 threshold', 'level@105 threshold', 'flow@225 limit-max', 'level@225 threshold'];
  expect(before.map(({ name }) => name)).toEqual(wanted);
  expect(before[2]).toMatchObject({
    explanation: expect.stringContaining('flow 92; limit 90; above the limit;'),
  });
  const second = await open(8);
  await second.handle(batch(0, 3));
  await second.handle(batch(3, 8));
  expect((await told()).slice(before.length)).toEqual(before);
});

test('what happens before the next record, such as a silence, is by the settings before it', async () => {
  const first = await open();
  await first.handle(batch(0, 8));
  await first.close();
  await set(1, { subject: 'flow', body: { sensitivity: 'off' } });
  await first.handle(batch(8, 12));
  expect(await switches()).toEqual([[8, 1]]);
  const used: DetectionSettings[] = [];
  const settings = await PartitionSettings.open({
    ...{ claim: await claim(), store: new SettingsStore(database.pool), latest: () => latest },
    endOffset: 12n,
    stream: { useDetection: (detection) => used.push(detection) },
  });
  expect(used).toEqual([]);
  expect(settings.nextSwitch(batch(8, 12))).toBe(0);
  await settings.switch();
  expect(used).toHaveLength(1);
});

test('who has lost the partition decides nothing', async () => {
  const old = await open();
  await old.handle(batch(0, 4));
  await open();
  await set(1, { subject: 'flow', body: { sensitivity: 'off' } });
  await expect(old.handle(batch(4, 8))).rejects.toThrow(FencedError);
  expect(await switches()).toEqual([]);
});

test('offsets of a log whose checkpoints were deleted mean nothing on the next', async () => {
  const first = await open();
  await first.handle(batch(0, 8));
  await set(1, { subject: 'flow', body: { sensitivity: 'off' } });
  await first.handle(batch(8, 12));
  await first.close();
  expect(await switches()).toEqual([[8, 1]]);
  const before = await raised();
  await database.pool.query('DELETE FROM checkpoints');
  const onNextLog = (from: number, to: number): LogBatch => ({
    ...batch(from, to),
    records: batch(from, to).records.map((record, i) => ({ ...record, offset: BigInt(from - 12 + i) })),
    ...{ nextOffset: BigInt(to - 12), highWatermark: BigInt(to - 12) },
  });
  const second = await open(1);
  await second.handle(onNextLog(12, 13));
  await second.handle(onNextLog(13, 16));
  expect((await raised()).slice(before.length)).toEqual(['level@465']);
  expect(await switches()).toEqual([[1, 1]]);
});
