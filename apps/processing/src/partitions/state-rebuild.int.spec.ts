import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { TOPICS } from '@tidewatch/contracts';
import type { MessageLog } from '@tidewatch/messaging';
import { DEFAULT_STREAM_SETTINGS } from '@tidewatch/stream-processing';
import type { TestDatabase } from '@tidewatch/testing';
import { register } from 'prom-client';
import { openLab, type PartitionLab } from '../testing/partition-lab';
import { batchOf, block, chunks, minutesOf } from '../testing/readings';
import { openPartition, type PartitionDependencies } from './open-partition';
import type { PartitionProcessor } from './partition-processor';

const blocks = chunks([...minutesOf('pump-1'), ...minutesOf('pump-2')], 40).map(block);
/** Behind the checkpoint. */
const PAST = blocks.slice(0, -1);

let database: TestDatabase;
let log: MessageLog;
let dependencies: PartitionDependencies;
let claimAs: PartitionLab['claimAs'];
let storedStates: PartitionLab['storedStates'];
let close: PartitionLab['close'];

beforeEach(async () => {
  ({ database, log, dependencies, claimAs, storedStates, close } = await openLab(1));
});

afterEach(() => close());

const open = async (consumer: string, idleTimeoutMs = 60_000): Promise<PartitionProcessor> =>
  openPartition(await claimAs(consumer), {
    ...dependencies,
    settings: { ...dependencies.settings, idleTimeoutMs },
  });

async function outputs(): Promise<number> {
  const { rows } = await database.pool.query<{ records: number }>(
    'SELECT count(*)::int AS records FROM log_records',
  );
  return rows[0]!.records;
}

async function rebuilt(): Promise<number> {
  const metric = await register.getSingleMetric('tidewatch_processing_rebuilt_series_total')!.get();
  return metric.values[0]?.value ?? 0;
}

const LAST = "consumer = 'spoilt' AND key_hash = (SELECT max(key_hash) FROM stream_state)";
const FIRST = "consumer = 'spoilt' AND key_hash = (SELECT min(key_hash) FROM stream_state)";
const CUT = 'UPDATE stream_state SET state = substr(state, 1, 8) WHERE ';
const DAMAGED = `${CUT}${LAST}`;

const GROUP = `${CUT}consumer = 'spoilt' AND get_byte(state, 0) > 128`;

/** Returns the state at the checkpoint as it was, before it was spoilt. */
async function spoil(how: string): Promise<string[]> {
  const first = await open('spoilt');
  await first.handle(batchOf(PAST));
  await first.close();
  const states = await storedStates('spoilt');
  const { rowCount } = await database.pool.query(how);
  expect(rowCount).toBe(1);
  expect(await storedStates('spoilt')).not.toEqual(states);
  return states;
}

test.each([
  ['a damaged state', DAMAGED, 1],
  ['a damaged state of the partition', `${CUT}${FIRST}`, 0],
  ['a damaged state of a group', GROUP, 1],
])('%s is learned again from the log, and then is what it was', async (_, how, lost) => {
  dependencies = { ...dependencies, settings: { ...DEFAULT_STREAM_SETTINGS, groupTags: ['site'] } };
  const before = await spoil(how);
  const [told, known] = [await outputs(), await rebuilt()];
  const processor = await open('spoilt');
  for (const [i, value] of PAST.entries()) {
    expect(processor.beginsAt).toBe(0n);
    await processor.handle(batchOf([value], i));
    await processor.tick();
  }
  expect(processor.beginsAt).toBe(BigInt(PAST.length));
  expect(await outputs()).toBe(told);
  expect(await rebuilt()).toBe(known + lost);
  await processor.close();
  expect(await storedStates('spoilt')).toEqual(before);
});

test('a detector of another kind or version learns again what it would know, and all else stays', async () => {
  // Without a spike: an episode that is open says which detector found it, and stays as it is.
  const calm = [
    block(minutesOf('pump-1').filter(({ value }) => value !== 92)),
    block(minutesOf('pump-2').slice(0, 80)),
  ];
  const straight = await open('straight');
  await straight.handle(batchOf(calm));
  await straight.close();
  const { detector } = dependencies;
  dependencies = { ...dependencies, detector: { ...detector, name: 'older' } };
  const older = await open('spoilt');
  await older.handle(batchOf(calm));
  await older.close();
  expect(await storedStates('spoilt')).not.toEqual(await storedStates('straight'));
  dependencies = { ...dependencies, detector };
  const [told, known] = [await outputs(), await rebuilt()];
  const processor = await open('spoilt');
  await processor.handle(batchOf(calm));
  await processor.close();
  expect(await rebuilt()).toBe(known + 2);
  expect(await outputs()).toBe(told);
  expect(await storedStates('spoilt')).toEqual(await storedStates('straight'));
});

test('an owner that ends in the middle of it leaves it to the next one', async () => {
  const before = await spoil(DAMAGED);
  const spoilt = await storedStates('spoilt');
  const processor = await open('spoilt');
  await processor.handle(batchOf(PAST.slice(0, 2)));
  await processor.close();
  expect(await storedStates('spoilt')).toEqual(spoilt);
  const next = await open('spoilt');
  await next.handle(batchOf(PAST));
  await next.close();
  expect(await storedStates('spoilt')).toEqual(before);
});

test('a batch that reaches beyond the checkpoint is processed from there on', async () => {
  const straight = await open('straight');
  await straight.handle(batchOf(blocks));
  await straight.close();
  await spoil(DAMAGED);
  const processor = await open('spoilt');
  await processor.handle(batchOf(blocks));
  await processor.close();
  expect(await storedStates('spoilt')).toEqual(await storedStates('straight'));
});

test('where the log does not go back so far, what it still has is learned', async () => {
  const before = await spoil(`${CUT}consumer = 'spoilt' AND encode(state, 'escape') LIKE '%pump-2%'`);
  const processor = await open('spoilt');
  await processor.handle(batchOf(PAST.slice(-2), PAST.length - 2));
  await processor.close();
  const after = await storedStates('spoilt');
  expect(after.filter((state) => before.includes(state))).toHaveLength(before.length - 1);
  const learned = after.find((state) => !before.includes(state))!;
  expect(learned).toContain(Buffer.from('pump-2').toString('hex'));
});

test('a partition whose log is empty does not wait for records that do not come, and takes none twice that come after all', async () => {
  await log.append(
    TOPICS.readings,
    PAST.map((value) => ({ partition: 0, key: 'k', value })),
  );
  await spoil(DAMAGED);
  const processor = await open('spoilt', 50);
  await processor.tick();
  expect(processor.beginsAt).toBe(0n);
  await delay(60);
  await processor.tick();
  expect(processor.beginsAt).toBe(BigInt(PAST.length));
  await processor.close();
  const states = await storedStates('spoilt');
  const next = await open('spoilt', 50);
  await delay(60);
  await next.tick();
  await next.handle(batchOf(PAST));
  await next.close();
  expect(await storedStates('spoilt')).toEqual(states);
  expect((await claimAs('spoilt')).nextOffset).toBe(BigInt(PAST.length));
});

test('a partition whose log has more than what is behind the checkpoint waits for it', async () => {
  await log.append(
    TOPICS.readings,
    blocks.map((value) => ({ partition: 0, key: 'k', value })),
  );
  await spoil(DAMAGED);
  const processor = await open('spoilt', 50);
  await delay(60);
  await processor.tick();
  expect(processor.beginsAt).toBe(0n);
  await processor.close();
});

test('long after it was opened a partition may get a record of which all before is gone', async () => {
  await spoil(DAMAGED);
  const processor = await open('spoilt');
  const clock = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 30_000);
  await processor.handle(batchOf(blocks.slice(-1), PAST.length)).finally(() => clock.mockRestore());
  expect(processor.beginsAt).toBe(BigInt(PAST.length));
  await processor.close();
  expect((await claimAs('spoilt')).nextOffset).toBe(BigInt(blocks.length));
});
