/**
 * The traps of kafkajs that the architecture page names, beside what the contract suite proves on every driver (poison records,
 * a TypeError of a handler, the broker's committed offset, infrastructure errors, rebalance).
 */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { describeWithKafka, waitFor } from '@tidewatch/testing';
import type { Consumer } from 'kafkajs';
import { ContractBench, createEffectsTable, record, records, text } from '../contract/contract-bench';
import { createKafkaHarness, type KafkaHarness } from '../contract/kafka-harness';
import { KafkaControlServer } from '../control/kafka-control';
import { createMessageLog, ensureTopics } from '../create-message-log';
import type { Delivery } from '../delivery/partition-runner';
import { offsetsGone } from '../metrics';
import { LogUnavailableError } from '../port/errors';
import { KafkaBatchServer } from './kafka-batch-server';
import { createKafkaClient } from './kafka-client';
import { groupOf } from './group-consumer';

describeWithKafka('the traps of kafkajs', () => {
  let harness: KafkaHarness;
  let bench: ContractBench;

  beforeAll(async () => {
    harness = await createKafkaHarness();
    bench = new ContractBench(harness);
    await createEffectsTable(harness);
  }, 120_000);
  afterEach(async () => {
    await bench.clear();
  });
  afterAll(async () => {
    await harness.close();
  });

  /** Everything on the topic, by kafkajs itself: `partition:value`. */
  /** Values in the order of the log; more may come into the array later. */
  async function onTheLog(topic: string, enough: number): Promise<string[]> {
    const seen: string[] = [];
    const log = bench.log();
    await bench.start(
      log.tail({
        name: bench.name('reader'),
        topics: [topic],
        sinceMs: 3_600_000,
        handle: ({ partition, records: found }) =>
          void seen.push(...found.map(({ value }) => `${partition}:${text(value)}`)),
      }),
    );
    await waitFor(`${enough} records of ${topic}`, () => seen.length >= enough, 20_000);
    return seen;
  }

  async function admin<T>(
    work: (client: ReturnType<KafkaHarness['kafka']['admin']>) => Promise<T>,
  ): Promise<T> {
    const client = harness.kafka.admin();
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.disconnect();
    }
  }

  const errors = (): string[] =>
    harness.lines.filter(({ level }) => level === 'error').map(({ line }) => line);

  // "Always set key or partition": a retry of kafkajs asks the partitioner again, and without a key that is another partition.
  // `LogRecord.partition` is required and the partitioner does nothing but return it, so a retry goes where the first try went;
  // the values below name their partition. This test also loses records when a producer is used again after a failure: kafkajs counts
  // its sequence numbers back, and the broker takes new records under old numbers for repetitions (see `KafkaProducer`).
  test('a kill -9 of the broker during appends loses nothing acknowledged, and retries keep their partition', async () => {
    const topic = await harness.createTopic(4);
    const log = bench.log();
    await log.partitionCount(topic);
    const acknowledged: string[] = [];
    let refused = 0;
    let sent = 0;
    let isOver = false;
    const writer = async (partition: number): Promise<void> => {
      while (!isOver) {
        sent += 1;
        const value = `p${partition}-${sent}`;
        await log.append(topic, [record(partition, value, { key: `any-${sent}` })]).then(
          () => acknowledged.push(`${partition}:${value}`),
          () => (refused += 1),
        );
      }
    };
    const writers = [0, 1, 2, 3, 0, 1, 2, 3].map(writer);
    await waitFor('some acknowledged', () => acknowledged.length > 200);
    await harness.broker.kill();
    await harness.broker.restart();
    const before = acknowledged.length;
    await waitFor('more acknowledged', () => acknowledged.length > before + 200, 20_000);
    isOver = true;
    await Promise.all(writers);

    const found = new Set(await onTheLog(topic, acknowledged.length));
    expect(acknowledged.filter((one) => !found.has(one))).toEqual([]);
    expect([...found].filter((one) => !/^(\d):p\1-/.test(one))).toEqual([]);
    expect(refused).toBeLessThanOrEqual(8 * 3);
  }, 60_000);

  test('without a broker an append ends within 5 s, and works again when the broker is back', async () => {
    const topic = await harness.createTopic(1);
    const log = bench.log();
    await log.append(topic, [record(0, 'before')]);
    await harness.broker.stop();
    const begun = Date.now();
    await expect(log.append(topic, [record(0, 'away')])).rejects.toThrow(LogUnavailableError);
    expect(Date.now() - begun).toBeLessThan(5_000);
    await harness.broker.restart();
    await log.append(topic, [record(0, 'after')]);
    const found = await onTheLog(topic, 2);
    expect(found[0]).toBe('0:before');
    await waitFor('what was acknowledged', () => found.includes('0:after'));
  }, 60_000);

  // The frozen broker has the first request in its socket and may take it when it wakes.
  test('a frozen broker ends no call late, and what is acknowledged afterwards is on the log', async () => {
    const topic = await harness.createTopic(1);
    const log = bench.log({ appendDeadlineMs: 1_500 });
    await log.append(topic, [record(0, 'before')]);
    process.kill(harness.broker.pid!, 'SIGSTOP');
    // The signal takes a moment to reach every thread of the broker.
    await waitFor('an append to be refused', async () => {
      const outcome = await log.append(topic, [record(0, 'unknown')]).catch((error: unknown) => error);
      if (outcome !== undefined) expect(outcome).toBeInstanceOf(LogUnavailableError);
      return outcome !== undefined;
    });
    process.kill(harness.broker.pid!, 'SIGCONT');
    await waitFor('an append', () =>
      log.append(topic, [record(0, 'acknowledged')]).then(
        () => true,
        () => false,
      ),
    );
    const found = await onTheLog(topic, 2);
    await waitFor('what was acknowledged', () => found.includes('0:acknowledged'));
  }, 60_000);

  test('one request holds many partitions and calls, and its order is that of the calls', async () => {
    const topic = await harness.createTopic(2);
    const log = createMessageLog(harness.options({ compression: 'gzip' }));
    const calls = Array.from({ length: 50 }, (_, i) => log.append(topic, records(2, 2, `${i}-`)));
    await Promise.all(calls);
    const found = await onTheLog(topic, 100);
    await log.close();
    expect(found.filter((one) => one.startsWith('1:'))).toEqual(
      Array.from({ length: 50 }, (_, i) => `1:${i}-1`),
    );
  });

  test("the topic's time stands, whatever time a producer claims", async () => {
    const topic = await harness.createTopic(1);
    const producer = harness.kafka.producer();
    await producer.connect();
    const longAgo = new Date('2001-09-09').getTime();
    const begun = Date.now();
    await producer.send({ topic, messages: [{ partition: 0, value: 'old', timestamp: String(longAgo) }] });
    await producer.disconnect();
    const times: number[] = [];
    const log = bench.log();
    const handle = ({ records: found }: { records: readonly { appendedAtMs: number }[] }): void =>
      void times.push(...found.map(({ appendedAtMs }) => appendedAtMs));
    await bench.start(log.tail({ name: bench.name('t'), topics: [topic], sinceMs: 60_000, handle }));
    await waitFor('the record', () => times.length === 1);
    expect(times[0]).toBeGreaterThanOrEqual(begun - 1_000);
    expect(times[0]).toBeLessThanOrEqual(Date.now() + 1_000);
  });

  test('a handler that takes longer than the session keeps its partition', async () => {
    const topic = await harness.createTopic(1);
    const consumer = bench.name('c');
    const log = createMessageLog(harness.options({ sessionTimeoutMs: 2_000 }));
    await log.append(topic, records(3, 1));
    let opened = 0;
    const before = () => new Promise<void>((resolve) => setTimeout(resolve, 4_000));
    const onOpen = (): void => void (opened += 1);
    await bench.start(log.consume(bench.subscription({ consumer, topic }, { before, onOpen })));
    await waitFor('the effects', async () => (await bench.values(consumer)).length === 3, 20_000);
    expect(opened).toBe(1);
    await bench.clear();
    await log.close();
  });

  test('a defect of the delivery itself does not end the consumer', async () => {
    const topic = await harness.createTopic(1);
    const log = bench.log();
    await log.append(topic, records(3, 1));
    const { options } = harness;
    const client = createKafkaClient({ ...options(), logger: options().logger! });
    let calls = 0;
    const done: Delivery = { kind: 'done', nextOffset: 3n };
    const server = new KafkaBatchServer({
      client,
      groupId: bench.name('g'),
      topics: [topic],
      logger: options().logger!,
      sessionTimeoutMs: 6_000,
      concurrency: 1,
      maxWaitMs: 20,
      minBatchBytes: 1,
      maxBatchBytes: 1_000_000,
      maxSilenceMs: 60_000,
      createWorker: () => ({
        open: () => Promise.resolve(0n),
        deliver: () => {
          calls += 1;
          if (calls < 3) throw new TypeError('a defect');
          return Promise.resolve(done);
        },
        tick: () => Promise.resolve(done),
        close: () => Promise.resolve(),
        abort: () => undefined,
      }),
      locate: (_, __, wanted) => Promise.resolve(wanted),
      onGap: () => undefined,
      probe: () => log.ping(),
      onFatal: (error) => {
        throw error;
      },
    });
    await server.join();
    await waitFor('the third try', () => server.positions()[0]?.position === 3n);
    expect(calls).toBe(3);
    await server.leave();
  });

  /** A member with another assignment protocol: the coordinator refuses ours, and kafkajs calls that final. */
  async function strangeMember(groupId: string, topic: string): Promise<Consumer> {
    const other = harness.kafka.consumer({
      groupId,
      partitionAssigners: [
        () => ({
          name: 'other',
          version: 1,
          assign: () => Promise.resolve([]),
          protocol: () => ({ name: 'other', metadata: Buffer.alloc(0) }),
        }),
      ],
    });
    await other.connect();
    await other.subscribe({ topics: [topic] });
    await other.run({ eachMessage: () => Promise.resolve() });
    return other;
  }

  test('a crash that kafkajs does not recover from ends the process', async () => {
    const topic = await harness.createTopic(1);
    const consumer = bench.name('c');
    const other = await strangeMember(groupOf({ consumer, topic }), topic);
    const fatal: Error[] = [];
    const log = createMessageLog(harness.options({ onFatal: (error) => void fatal.push(error) }));
    const running = log.consume(bench.subscription({ consumer, topic }));
    await bench.start(running);
    await waitFor('the end', () => fatal.length === 1);
    expect(fatal[0]!.message).toContain('protocol');
    expect(running.health().status).toBe('down');
    await bench.clear();
    await log.close();
    await other.disconnect();
  });

  test('so does one of the control events', async () => {
    const topic = await harness.createTopic(1);
    const instanceId = bench.name('control');
    const other = await strangeMember(`control-${instanceId}-server`, topic);
    const fatal: Error[] = [];
    const onFatal = (error: Error): void => void fatal.push(error);
    const server = new KafkaControlServer(harness.options({ instanceId, onFatal }));
    server.addHandler(topic, () => Promise.resolve(), true);
    await server.listen(() => undefined);
    await waitFor('the end', () => fatal.length === 1);
    expect(fatal[0]!.message).toContain('protocol');
    await server.close();
    await other.disconnect();
  });

  const dropBefore = (topic: string, offset: string): Promise<void> =>
    admin(async (client) => {
      await client.fetchTopicOffsets(topic); // Or else the client does not know who leads the partition.
      await client.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset }] });
    });

  async function checkpoint(consumer: string, topic: string, offset: number): Promise<void> {
    await harness.pool.query(
      `INSERT INTO checkpoints (consumer, topic, partition, next_offset) VALUES ($1, $2, 0, $3)
       ON CONFLICT (consumer, topic, partition) DO UPDATE SET next_offset = excluded.next_offset`,
      [consumer, topic, offset],
    );
  }

  async function gone(consumer: string): Promise<number> {
    const { values } = await offsetsGone.get();
    return values.find(({ labels }) => labels.consumer === consumer)?.value ?? 0;
  }

  test('records that the log has dropped before they were read raise an alarm', async () => {
    const topic = await harness.createTopic(1);
    const consumer = bench.name('c');
    const log = bench.log();
    await log.append(topic, records(10, 1));
    await checkpoint(consumer, topic, 2);
    await dropBefore(topic, '5');
    await bench.start(log.consume(bench.subscription({ consumer, topic })));
    await waitFor('the rest', async () => (await bench.values(consumer)).length === 5);
    expect(await bench.values(consumer)).toEqual(['r5', 'r6', 'r7', 'r8', 'r9']);
    expect(await gone(consumer)).toBe(3);
    expect(
      errors().filter((line) => line.includes(`${consumer}: 3 records of ${topic}/0 were dropped`)),
    ).toHaveLength(1);
  });

  test('also when they are dropped while the partition waits', async () => {
    const topic = await harness.createTopic(1);
    const consumer = bench.name('c');
    const log = bench.log();
    await log.append(topic, records(10, 1));
    let failing = true;
    let tries = 0;
    const before = (): void => {
      tries += 1;
      if (failing) throw new Error('the database is away');
    };
    await bench.start(log.consume(bench.subscription({ consumer, topic }, { before })));
    await waitFor('a try', () => tries > 0);
    await dropBefore(topic, '4');
    failing = false;
    await waitFor('the rest', async () => (await bench.values(consumer)).length >= 6);
    const values = await bench.values(consumer);
    // What was fetched before may still be handled; what was not is counted.
    expect(10 - values.length).toBe(await gone(consumer));
    expect(values.slice(-6)).toEqual(['r4', 'r5', 'r6', 'r7', 'r8', 'r9']);
  });

  test('a log that ends before the checkpoint is not read, and is when the checkpoint is corrected', async () => {
    const topic = await harness.createTopic(1);
    const consumer = bench.name('c');
    const log = bench.log();
    await log.append(topic, records(10, 1));
    await checkpoint(consumer, topic, 50);
    const running = await bench.start(log.consume(bench.subscription({ consumer, topic })));
    await waitFor('the alarm', () =>
      errors().some((line) => line.includes(`${topic}/0 ends before the checkpoint 50`)),
    );
    await waitFor('the health check', () => running.health().detail.includes('beyond-end'));
    expect(await bench.values(consumer)).toEqual([]);
    await checkpoint(consumer, topic, 8);
    await waitFor('the rest', async () => (await bench.values(consumer)).length === 2, 20_000);
    expect(await bench.values(consumer)).toEqual(['r8', 'r9']);
    expect(running.health().status).toBe('up');
  });

  test('partitions that are added are read within seconds, from their first record on', async () => {
    const topic = await harness.createTopic(1);
    const consumer = bench.name('c');
    await bench.start(bench.log().consume(bench.subscription({ consumer, topic })));
    await ensureTopics(harness.options(), { topics: [topic], partitions: 3 });
    await bench.log().append(topic, [record(0, 'old'), record(2, 'new')]);
    await waitFor('both', async () => (await bench.values(consumer)).length === 2, 30_000);
    expect((await bench.values(consumer)).sort()).toEqual(['new', 'old']);
  });

  test('the broker is told the offsets of the database, for lag tools', async () => {
    const topic = await harness.createTopic(1);
    const consumer = bench.name('c');
    const log = bench.log();
    await log.append(topic, records(10, 1));
    await bench.start(log.consume(bench.subscription({ consumer, topic })));
    await waitFor(
      'the commit',
      () =>
        admin(async (client) => {
          const [group] = await client.fetchOffsets({
            groupId: groupOf({ consumer, topic }),
            topics: [topic],
          });
          return group?.partitions[0]?.offset === '10';
        }),
      20_000,
    );
  });
});
