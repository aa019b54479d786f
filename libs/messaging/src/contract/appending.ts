import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '@tidewatch/contracts';
import { waitFor } from '@tidewatch/testing';
import { type ContractBench, record, records, text } from './contract-bench';
import { LogOverloadedError, LogUnavailableError, UnknownTopicError } from '../port/errors';
import type { ConsumedRecord, MessageLog } from '../port/log';

/** Reads a topic from its beginning until it has given `count` records. */
async function readAll(
  bench: ContractBench,
  log: MessageLog,
  topic: string,
  count: number,
): Promise<(ConsumedRecord & { partition: number })[]> {
  const seen: (ConsumedRecord & { partition: number })[] = [];
  const tail = await bench.start(
    log.tail({
      name: bench.name('reader'),
      topics: [topic],
      sinceMs: 3_600_000,
      handle: ({ partition, records: all }) => {
        for (const one of all) seen.push({ ...one, partition });
      },
    }),
  );
  await waitFor(`${count} records of ${topic}`, () => seen.length >= count);
  await tail.stop();
  return seen;
}

export function describeAppending(get: () => ContractBench): void {
  describe('appending', () => {
    test('knows the partitions of a topic, and refuses one that was not created', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(5);
      expect(await log.partitionCount(topic)).toBe(5);
      await expect(log.partitionCount('no-such-topic')).rejects.toThrow(UnknownTopicError);
      await expect(log.append('no-such-topic', [record(0, 'x')])).rejects.toThrow(UnknownTopicError);
      const subscription = bench.subscription({ consumer: bench.name('c'), topic: 'no-such-topic' });
      await expect(log.consume(subscription).start()).rejects.toThrow(UnknownTopicError);
    });

    test('tells where each partition ends, acknowledged records included', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(2);
      const ends = () => Promise.all([log.endOffset(topic, 0), log.endOffset(topic, 1)]);
      expect(await ends()).toEqual([0n, 0n]);
      await log.append(topic, [record(1, 'a'), record(1, 'b')]);
      expect(await ends()).toEqual([0n, 2n]);
      await bench.log().append(topic, [record(0, 'c'), record(1, 'd')]);
      expect(await ends()).toEqual([1n, 3n]);
      await expect(log.endOffset(topic, 2)).rejects.toThrow(RangeError);
      await expect(log.endOffset('no-such-topic', 0)).rejects.toThrow(UnknownTopicError);
    });

    test('refuses a partition that the topic does not have', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(2);
      await expect(log.append(topic, [record(0, 'x'), record(2, 'y')])).rejects.toThrow(RangeError);
      await log.append(topic, [record(1, 'z')]);
      expect((await readAll(bench, log, topic, 1)).map(({ value }) => text(value))).toEqual(['z']);
    });

    test('gives key, value, headers and the time of the append back', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(1);
      const headers = {
        'content-type': 'application/json',
        name: 'Grüße 🌊 "\\',
        empty: '',
        nul: 'a\u0000b',
      };
      const before = Date.now();
      await log.append(topic, [
        { partition: 0, key: 'Ostsee\u0000🌊', value: Buffer.from([0, 255, 1, 254]), headers },
        { partition: 0, key: '', value: new Uint8Array(0) },
      ]);
      const [first, second] = await readAll(bench, log, topic, 2);
      expect(first).toMatchObject({ offset: 0n, key: 'Ostsee\u0000🌊', headers });
      expect([...first!.value]).toEqual([0, 255, 1, 254]);
      expect(second).toMatchObject({ offset: 1n, key: '', headers: {} });
      expect(second!.value).toHaveLength(0);
      // Log and test may run on different clocks; a wrong unit or an event's own time would be off by far more.
      expect(Math.abs(first!.appendedAtMs - before)).toBeLessThan(60_000);
    });

    test('keeps the order of each writer, with many of them on the same partitions', async () => {
      const bench = get();
      const topic = await bench.harness.createTopic(3);
      const logs = [bench.log(), bench.log()];
      const write = async (log: MessageLog, writer: string): Promise<void> => {
        for (let i = 0; i < 25; i += 1) {
          const both = [0, 1, 2].map((partition) => record(partition, `${writer}:${i}`));
          await log.append(topic, both);
        }
      };
      await Promise.all(Array.from({ length: 12 }, (_, i) => write(logs[i % 2]!, `w${i}`)));
      const all = await readAll(bench, logs[0]!, topic, 12 * 25 * 3);
      expect(all).toHaveLength(12 * 25 * 3);
      for (let partition = 0; partition < 3; partition += 1) {
        const mine = all.filter((one) => one.partition === partition);
        expect(mine.map(({ offset }) => offset)).toEqual(mine.map((_, i) => BigInt(i)));
        for (let writer = 0; writer < 12; writer += 1) {
          const sequence = mine
            .map(({ value }) => text(value).split(':'))
            .filter(([name]) => name === `w${writer}`)
            .map(([, i]) => Number(i));
          expect(sequence).toEqual(Array.from({ length: 25 }, (_, i) => i));
        }
      }
    });

    test('takes blocks of the largest size', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(4);
      const blocks = Array.from({ length: 12 }, () => randomBytes(LIMITS.blockBytes));
      await log.append(
        topic,
        blocks.map((value, i) => ({ partition: i % 4, key: String(i), value })),
      );
      const all = await readAll(bench, log, topic, 12);
      for (const { key, value } of all) expect(blocks[Number(key)]!.equals(value)).toBe(true);
      expect(new Set(all.map(({ key }) => key)).size).toBe(12);
    });

    test('refuses what would exceed the bytes in flight, and takes nothing of it', async () => {
      const bench = get();
      const log = bench.log({ maxInFlightBytes: 1_000_000 });
      const topic = await bench.harness.createTopic(1);
      await log.partitionCount(topic);
      const big = (name: string) => record(0, '', { key: name, value: Buffer.alloc(400_000) });
      const outcomes = await Promise.allSettled([
        log.append(topic, [big('a')]),
        log.append(topic, [big('b')]),
        log.append(topic, [big('refused')]),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
      expect((outcomes[2] as PromiseRejectedResult).reason).toBeInstanceOf(LogOverloadedError);
      await log.append(topic, [big('c')]);
      const keys = (await readAll(bench, log, topic, 3)).map(({ key }) => key);
      expect(keys).toEqual(['a', 'b', 'c']);
    });

    test('says within its deadline that the log is away, and goes on when it is back', async () => {
      const bench = get();
      const log = bench.log({ appendDeadlineMs: 1_500 });
      const topic = await bench.harness.createTopic(2);
      await log.append(topic, [record(0, 'before')]);
      await log.ping();
      const restore = await bench.harness.interrupt();
      const begun = Date.now();
      const outcomes = await Promise.allSettled([
        log.append(topic, records(2, 2, 'away')),
        log.append(topic, records(2, 2, 'away-too')),
      ]);
      const took = Date.now() - begun;
      for (const outcome of outcomes) {
        expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(LogUnavailableError);
      }
      expect(took).toBeLessThan(3_000);
      await expect(log.ping()).rejects.toThrow(LogUnavailableError);
      await expect(log.endOffset(topic, 0)).rejects.toThrow(LogUnavailableError);
      await restore();
      await waitFor('an append after the interruption', async () => {
        await log.append(topic, [record(1, 'after')]);
        return true;
      });
      await log.ping();
      const values = (await readAll(bench, log, topic, 2)).map(({ value }) => text(value));
      expect(values).toContain('before');
      expect(values).toContain('after');
    });

    test('flushes on close what it has accepted', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(2);
      await log.partitionCount(topic);
      const appended = Promise.all(
        Array.from({ length: 20 }, (_, i) => log.append(topic, [record(i % 2, `${i}`)])),
      );
      await Promise.resolve();
      await Promise.all([appended, log.close()]);
      expect(await readAll(bench, bench.log(), topic, 20)).toHaveLength(20);
    });
  });
}
