import { describe, expect, test } from '@jest/globals';
import { TOPICS } from '@tidewatch/contracts';
import { waitFor } from '@tidewatch/testing';
import { CheckpointStore } from '../checkpoints/checkpoint-store';
import { DATA_FAULT_REASON } from '../delivery/partition-runner';
import { type DeadLetterRecord, parseDeadLetter } from '../delivery/dead-letter';
import { FencedError, PoisonRecordError } from '../port/errors';
import type { LogBatch, MessageLog, PartitionHandler } from '../port/log';
import type { PartitionClaim } from '../port/checkpoints';
import { type ContractBench, Gate, record, records, text } from './contract-bench';

/** Collects the dead letters of one topic while the test runs. */
async function collectDeadLetters(
  bench: ContractBench,
  log: MessageLog,
  topic: string,
): Promise<DeadLetterRecord[]> {
  const letters: DeadLetterRecord[] = [];
  await bench.start(
    log.tail({
      name: bench.name('letters'),
      topics: [TOPICS.deadLetters],
      sinceMs: 1_000,
      handle: (batch) => {
        for (const letter of batch.records.map(parseDeadLetter)) {
          if (letter.topic === topic) letters.push(letter);
        }
      },
    }),
  );
  return letters;
}

function failOn(value: string, fail: (batch: LogBatch, offset: bigint) => Error) {
  return (batch: LogBatch): void => {
    const bad = batch.records.find((one) => text(one.value) === value);
    if (bad) throw fail(batch, bad.offset);
  };
}

export function describeFaults(get: () => ContractBench): void {
  describe('faults', () => {
    test('a poison record becomes a dead letter, and the next record proceeds', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(2);
      const consumer = bench.name('c');
      const letters = await collectDeadLetters(bench, log, topic);
      const headers = { 'request-id': 'abc', name: 'Grüße' };
      const all = records(20, 2);
      all[7] = record(1, 'bad', { headers });
      await log.append(topic, all);
      const within = failOn(
        'bad',
        (_, offset) => new PoisonRecordError(offset, 'bad-block', 'no header \u0000'),
      );
      await bench.start(log.consume(bench.subscription({ consumer, topic }, { within })));
      await waitFor('the good records', async () => (await bench.values(consumer)).length === 19);
      await waitFor('the dead letter', () => letters.length > 0);
      expect(letters).toHaveLength(1);
      expect(letters[0]).toMatchObject({
        topic,
        partition: 1,
        offset: 3n,
        reason: 'bad-block',
        detail: 'no header \u0000',
        headers,
      });
      expect(text(letters[0]!.value)).toBe('bad');
      expect(await bench.values(consumer)).toEqual([
        ...Array.from({ length: 10 }, (_, i) => `r${i * 2}`),
        ...Array.from({ length: 10 }, (_, i) => `r${i * 2 + 1}`).filter((name) => name !== 'r7'),
      ]);
    });

    test('the checkpoint passes a poison record that is the last of its partition', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(1);
      const consumer = bench.name('c');
      const letters = await collectDeadLetters(bench, log, topic);
      await log.append(topic, [record(0, 'bad')]);
      const within = failOn('bad', (_, offset) => new PoisonRecordError(offset, 'bad-block', 'x'));
      await bench.start(log.consume(bench.subscription({ consumer, topic }, { within })));
      await waitFor('the checkpoint', async () => {
        const { rows } = await bench.harness.pool.query<{ next_offset: string }>(
          'SELECT next_offset FROM checkpoints WHERE consumer = $1 AND topic = $2',
          [consumer, topic],
        );
        return rows[0]?.next_offset === '1';
      });
      await waitFor('the dead letter', () => letters.length === 1);
    });

    test.each([
      ['a TypeError', () => new TypeError('x is undefined')],
      ['a value that PostgreSQL refuses', () => Object.assign(new Error('invalid'), { code: '22P02' })],
    ])('%s for one record isolates that record', async (_, fault) => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(1);
      const consumer = bench.name('c');
      const letters = await collectDeadLetters(bench, log, topic);
      const all = records(12, 1);
      all[5] = record(0, 'defect');
      await log.append(topic, all);
      const within = failOn('defect', fault);
      await bench.start(log.consume(bench.subscription({ consumer, topic }, { within })));
      await waitFor('the good records', async () => (await bench.values(consumer)).length === 11);
      await waitFor('the dead letter', () => letters.length > 0);
      await log.append(topic, [record(0, 'next')]);
      await waitFor('the next record', async () => (await bench.values(consumer)).includes('next'));
      expect(letters).toHaveLength(1);
      expect(letters[0]).toMatchObject({ topic, partition: 0, offset: 5n, reason: DATA_FAULT_REASON });
      expect(letters[0]!.detail).toContain(fault().message);
      expect(await bench.values(consumer)).toEqual([
        ...records(12, 1)
          .map(({ value }) => text(value))
          .filter((value) => value !== 'r5'),
        'next',
      ]);
    });

    test('an infrastructure error pauses the partition, and nothing is lost or repeated', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(2);
      const consumer = bench.name('c');
      const letters = await collectDeadLetters(bench, log, topic);
      await log.append(topic, records(40, 2));
      let isAway = true;
      let refused = 0;
      const within = ({ partition }: LogBatch): void => {
        if (partition !== 1 || !isAway) return;
        refused += 1;
        throw Object.assign(new Error('terminating connection'), { code: '57P01' });
      };
      const running = await bench.start(log.consume(bench.subscription({ consumer, topic }, { within })));
      await waitFor('the other partition', async () => (await bench.values(consumer)).length === 20);
      await waitFor('some attempts', () => refused >= 3);
      await waitFor('the health to say so', () => running.health().status === 'down');
      isAway = false;
      await waitFor('everything', async () => (await bench.values(consumer)).length === 40);
      await waitFor('the health to recover', () => running.health().status === 'up');
      expect(await bench.values(consumer)).toEqual([
        ...Array.from({ length: 20 }, (_, i) => `r${i * 2}`),
        ...Array.from({ length: 20 }, (_, i) => `r${i * 2 + 1}`),
      ]);
      expect(letters).toEqual([]);
    });

    test('a failing open or tick is retried as well', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(1);
      const consumer = bench.name('c');
      let opens = 0;
      let ticks = 0;
      await bench.start(
        log.consume(
          bench.subscription(
            { consumer, topic },
            {
              onOpen: () => {
                opens += 1;
                if (opens < 3) throw new Error('cannot restore');
              },
              onTick: () => {
                ticks += 1;
                if (ticks === 1) throw new Error('cannot save');
              },
            },
          ),
        ),
      );
      await waitFor('a tick that failed', () => ticks >= 1);
      await log.append(topic, records(5, 1));
      await waitFor('all records', async () => (await bench.values(consumer)).length === 5);
      expect(opens).toBeGreaterThanOrEqual(4);
    });

    test('a tick that fails between deliveries makes the handler begin again at its checkpoint, and skips nothing', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(1);
      let failures = 0;
      let expected = 0n;
      const skipped: string[] = [];
      const open = (claim: PartitionClaim): Promise<PartitionHandler> => {
        let ticks = 0;
        expected = claim.nextOffset;
        return Promise.resolve({
          // Slow, so that each tick has deliveries before and behind it; only ticks move the checkpoint.
          handle: async ({ records: some, nextOffset }) => {
            if (some[0]!.offset !== expected) skipped.push(`${expected} to ${some[0]!.offset}`);
            await new Promise((resolve) => setTimeout(resolve, 20));
            expected = nextOffset;
          },
          tick: async () => {
            ticks += 1;
            if (ticks === 1) await claim.advance(bench.harness.pool, expected);
            else {
              failures += 1;
              throw new Error('the connection was lost');
            }
          },
          close: () => Promise.resolve(),
        });
      };
      await log.append(topic, records(1_000, 1));
      await bench.start(log.consume({ consumer: bench.name('c'), topic, maxBatchBytes: 30, open }));
      await waitFor('some failures', () => failures >= 2, 20_000);
      expect(skipped).toEqual([]);
    });

    test('a log that goes away and comes back loses and repeats nothing', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(2);
      const consumer = bench.name('c');
      const running = await bench.start(log.consume(bench.subscription({ consumer, topic })));
      await log.append(topic, records(10, 2, 'before'));
      await waitFor('the first records', async () => (await bench.values(consumer)).length === 10);
      const restore = await bench.harness.interrupt();
      await restore();
      await waitFor('an append', async () => {
        await log.append(topic, [record(0, 'after')]);
        return true;
      });
      await waitFor('the record after', async () => (await bench.values(consumer)).includes('after'));
      await waitFor('health', () => running.health().status === 'up');
      const before = (await bench.values(consumer)).filter((value) => value.startsWith('before'));
      expect(before.sort()).toEqual(Array.from({ length: 10 }, (_, i) => `before${i}`).sort());
    });

    test('a fenced owner commits nothing, and the partition goes on', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(1);
      const consumer = bench.name('c');
      const inside = new Gate();
      const proceed = new Gate();
      const errors: unknown[] = [];
      let visits = 0;
      const within = async (): Promise<void> => {
        visits += 1;
        if (visits > 1) return;
        inside.open();
        await proceed.passed;
      };
      const inner = bench.subscription({ consumer, topic }, { within });
      await bench.start(
        log.consume({
          ...inner,
          open: async (claim) => {
            const handler = await inner.open(claim);
            return {
              ...handler,
              handle: (batch) =>
                handler.handle(batch).catch((error: unknown) => {
                  errors.push(error);
                  throw error;
                }),
            };
          },
        }),
      );
      await log.append(topic, [record(0, 'once')]);
      await inside.passed;
      const store = new CheckpointStore(bench.harness.pool);
      const thief = await store.claim(consumer, topic, 0, 'somebody-else');
      expect(thief.nextOffset).toBe(0n);
      proceed.open();
      await waitFor('the fence', () => errors.length > 0);
      expect(errors[0]).toBeInstanceOf(FencedError);
      // Whoever holds the partition by the driver's rules claims it again, and the record has its effect once.
      await waitFor('the effect', async () => (await bench.values(consumer)).length > 0);
      expect(await bench.values(consumer)).toEqual(['once']);
      expect(visits).toBeGreaterThanOrEqual(2);
      await expect(thief.advance(bench.harness.pool, 1n)).rejects.toThrow(FencedError);
    });
  });
}
