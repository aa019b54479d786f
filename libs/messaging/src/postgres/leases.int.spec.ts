import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { waitFor } from '@tidewatch/testing';
import {
  ContractBench,
  createEffectsTable,
  Gate,
  type HandlerHooks,
  record,
  records,
} from '../contract/contract-bench';
import { createPostgresHarness, DatabaseProxy, type PostgresHarness } from '../contract/postgres-harness';
import type { PostgresLogOptions } from '../options';
import { FencedError, LogUnavailableError } from '../port/errors';
import type { LogConsumer, MessageLog } from '../port/log';
import { PostgresMessageLog } from './postgres-message-log';

/** Long enough that nothing in these tests can come from a lease or a poll that ran out. */
const NEVER_MS = 600_000;

let harness: PostgresHarness;
let bench: ContractBench;
const logs: MessageLog[] = [];
const proxies: DatabaseProxy[] = [];

beforeAll(async () => {
  harness = await createPostgresHarness();
  bench = new ContractBench(harness);
  await createEffectsTable(harness);
});

afterEach(async () => {
  for (const proxy of proxies) proxy.restore();
  await bench.clear();
  await Promise.all(logs.splice(0).map((log) => log.close()));
  await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
});

afterAll(() => harness.close());

function open(overrides: Partial<PostgresLogOptions> = {}): MessageLog {
  const log = new PostgresMessageLog(harness.options({ instanceId: bench.name('instance'), ...overrides }));
  logs.push(log);
  return log;
}

/** A log behind a network of its own. */
async function openBehindProxy(): Promise<{ log: MessageLog; proxy: DatabaseProxy }> {
  const proxy = new DatabaseProxy(new URL(harness.url));
  proxies.push(proxy);
  return { proxy, log: open({ connectionString: await proxy.start() }) };
}

function join(
  log: MessageLog,
  place: { consumer: string; topic: string },
  hooks: HandlerHooks = {},
): Promise<LogConsumer> {
  return bench.start(log.consume(bench.subscription(place, hooks)));
}

const has = (consumer: LogConsumer, partitions: number) => () => consumer.health().partitions === partitions;

describe('leases', () => {
  test('a member that joins gets its share at once, and one that stops hands over at once', async () => {
    const place = { consumer: bench.name('c'), topic: await harness.createTopic(4) };
    const events: string[] = [];
    const noting = (member: string): HandlerHooks => ({
      onOpen: ({ partition }) => void events.push(`${member} opens ${partition}`),
      onClose: ({ partition }) => void events.push(`${member} closes ${partition}`),
    });
    const first = await join(open({ leaseMs: NEVER_MS }), place, noting('first'));
    await waitFor('all four', has(first, 4), 5_000);
    const second = await join(open({ leaseMs: NEVER_MS }), place, noting('second'));
    await waitFor('two and two', () => has(first, 2)() && has(second, 2)(), 5_000);
    await first.stop();
    await waitFor('all four again', has(second, 4), 5_000);
    await waitFor(
      'the last to open',
      () => events.filter((event) => /^second opens/.test(event)).length === 4,
    );
    for (let partition = 0; partition < 4; partition += 1) {
      expect(events.filter((event) => event.endsWith(` ${partition}`))).toEqual([
        `first opens ${partition}`,
        `first closes ${partition}`,
        `second opens ${partition}`,
      ]);
    }
    const { rows } = await harness.pool.query(
      'SELECT member FROM log_members WHERE consumer = $1 AND topic = $2',
      [place.consumer, place.topic],
    );
    expect(rows).toHaveLength(1);
  });

  test('partitions of a member that does not answer go over, and what it still does is void', async () => {
    const place = { consumer: bench.name('c'), topic: await harness.createTopic(2) };
    const frozen = await openBehindProxy();
    const inside = new Gate();
    const proceed = new Gate();
    const errors: unknown[] = [];
    const inner = bench.subscription(place, {
      instance: 'frozen',
      within: async () => {
        inside.open();
        await proceed.passed;
      },
    });
    const old = await bench.start(
      frozen.log.consume({
        ...inner,
        open: async (claim) => {
          const handler = await inner.open(claim);
          const handle: typeof handler.handle = (batch) =>
            handler.handle(batch).catch((error: unknown) => {
              errors.push(error);
              throw error;
            });
          return { ...handler, handle };
        },
      }),
    );
    await waitFor('the first member', has(old, 2));
    const writer = open();
    await writer.append(place.topic, [record(0, 'contested')]);
    await inside.passed;
    frozen.proxy.freeze();

    const young = await join(open(), place, { instance: 'young' });
    await waitFor('the takeover', has(young, 2), 15_000);
    await waitFor('the effect', async () => (await bench.effects(place.consumer)).length === 1);
    proceed.open();
    await waitFor('the fence', () => errors.length > 0);
    expect(errors[0]).toBeInstanceOf(FencedError);

    frozen.proxy.restore();
    await waitFor('even shares', () => has(old, 1)() && has(young, 1)(), 15_000);
    await writer.append(place.topic, records(10, 2, 'after'));
    await waitFor('the rest', async () => (await bench.effects(place.consumer)).length === 11);
    const effects = await bench.effects(place.consumer);
    expect(effects.find(({ value }) => value === 'contested')?.instance).toBe('young');
    expect(new Set(effects.map(({ value }) => value)).size).toBe(11);
  });

  test('a checkpoint beyond the end of the log is an alarm, and nothing is read until it is corrected', async () => {
    const place = { consumer: bench.name('c'), topic: await harness.createTopic(1) };
    const checkpoint = (offset: number) =>
      harness.pool.query(
        `INSERT INTO checkpoints (consumer, topic, partition, next_offset) VALUES ($1, $2, 0, $3)
         ON CONFLICT (consumer, topic, partition) DO UPDATE SET next_offset = excluded.next_offset`,
        [place.consumer, place.topic, offset],
      );
    await checkpoint(2);
    const log = open();
    await log.append(place.topic, records(1, 1, 'early'));
    let openings = 0;
    const consumer = await join(log, place, { onOpen: () => void (openings += 1) });
    await waitFor('the alarm', () => /beyond the end/.test(consumer.health().detail));
    expect(consumer.health().status).toBe('down');
    // The log grows past the checkpoint: what came before it was never read.
    await log.append(place.topic, records(4, 1, 'late'));
    const before = openings;
    await waitFor('another look', () => openings >= before + 2);
    expect(await bench.values(place.consumer)).toEqual([]);
    expect(consumer.health().status).toBe('down');
    await checkpoint(1);
    await waitFor('the rest', async () => (await bench.values(place.consumer)).length === 4);
    expect(await bench.values(place.consumer)).toEqual(['late0', 'late1', 'late2', 'late3']);
    await waitFor('health', () => consumer.health().status === 'up');
  });
});

describe('waking up', () => {
  test('readers are woken by an append', async () => {
    const place = { consumer: bench.name('c'), topic: await harness.createTopic(1) };
    const consumer = await join(open({ pollMs: NEVER_MS }), place);
    await waitFor('the partition', has(consumer, 1));
    const log = open();
    for (let i = 0; i < 5; i += 1) {
      await log.append(place.topic, [record(0, `${i}`)]);
      await waitFor('the record', async () => (await bench.values(place.consumer)).length === i + 1, 5_000);
    }
  });

  test('readers look by themselves when a notification is lost', async () => {
    const place = { consumer: bench.name('c'), topic: await harness.createTopic(1) };
    const consumer = await join(open({ pollMs: 100 }), place);
    await waitFor('the partition', has(consumer, 1));
    // A writer which died between its commit and its notification.
    await harness.pool.query(
      `WITH moved AS (UPDATE log_partitions SET next_offset = 1 WHERE topic = $1)
       INSERT INTO log_records (topic, partition, log_offset, key, value, appended_at) VALUES ($1, 0, 0, '', 'quiet', now())`,
      [place.topic],
    );
    await waitFor('the record', async () => (await bench.values(place.consumer))[0] === 'quiet');
  });

  test('a broken LISTEN connection is replaced', async () => {
    const place = { consumer: bench.name('c'), topic: await harness.createTopic(1) };
    const consumer = await join(open({ pollMs: NEVER_MS }), place);
    await waitFor('the partition', has(consumer, 1));
    const listening = `FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`;
    const listeners = () => harness.pool.query<{ pid: number }>(`SELECT pid ${listening}`);
    await waitFor('the connection', async () => (await listeners()).rows.length === 1);
    const before = await listeners();
    await harness.pool.query(`SELECT pg_terminate_backend(pid) ${listening}`);
    await waitFor('a new connection', async () => {
      const { rows } = await listeners();
      return rows.length === 1 && rows[0]!.pid !== before.rows[0]!.pid;
    });
    await open().append(place.topic, [record(0, 'heard')]);
    await waitFor('the record', async () => (await bench.values(place.consumer)).length === 1, 5_000);
  });
});

describe('an append', () => {
  test('to a database that stands still ends at the deadline', async () => {
    const topic = await harness.createTopic(1);
    const proxy = new DatabaseProxy(new URL(harness.url));
    proxies.push(proxy);
    const quick = open({ connectionString: await proxy.start(), appendDeadlineMs: 800 });
    await quick.append(topic, [record(0, 'before')]);
    proxy.freeze();
    const begun = Date.now();
    // It takes the connection that is open, on which no answer will come.
    const ping = quick.ping().then(
      () => undefined,
      (error: unknown) => error,
    );
    await expect(quick.append(topic, [record(0, 'stuck')])).rejects.toThrow(/800 ms/);
    expect(Date.now() - begun).toBeLessThan(2_000);
    expect(await ping).toBeInstanceOf(LogUnavailableError);
    proxy.restore();
    await waitFor('the next append', async () => {
      await quick.append(topic, [record(0, 'after')]);
      return true;
    });
  });

  test('from writers that name the partitions in opposite orders does not deadlock', async () => {
    const topic = await harness.createTopic(6);
    const forwards = records(6, 6);
    const writers = [open(), open(), open()].map(async (log, i) => {
      const mine = i % 2 === 0 ? forwards : [...forwards].reverse();
      for (let round = 0; round < 60; round += 1) await log.append(topic, mine);
    });
    await Promise.all(writers);
    const { rows } = await harness.pool.query<{ next_offset: string }>(
      'SELECT next_offset FROM log_partitions WHERE topic = $1',
      [topic],
    );
    expect(rows.map(({ next_offset }) => next_offset)).toEqual(Array.from({ length: 6 }, () => '180'));
  });
});
