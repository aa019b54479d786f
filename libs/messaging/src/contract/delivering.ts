import { describe, expect, test } from '@jest/globals';
import { waitFor } from '@tidewatch/testing';
import { type ContractBench, Gate, record, records } from './contract-bench';
import type { PartitionClaim } from '../port/checkpoints';
import type { LogBatch, MessageLog, PartitionHandler } from '../port/log';

export function describeDelivering(get: () => ContractBench): void {
  describe('delivering', () => {
    test('delivers each partition in order, batch after batch, with watermarks', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(3);
      const consumer = bench.name('c');
      const batches: LogBatch[] = [];
      await log.append(topic, records(30, 3, 'early'));
      await bench.start(
        log.consume(bench.subscription({ consumer, topic }, { before: (batch) => void batches.push(batch) })),
      );
      await waitFor('the early records', async () => (await bench.values(consumer)).length === 30);
      await log.append(topic, records(30, 3, 'late'));
      await waitFor('all records', async () => (await bench.values(consumer)).length === 60);
      for (let partition = 0; partition < 3; partition += 1) {
        const mine = batches.filter((batch) => batch.partition === partition);
        const offsets = mine.flatMap((batch) => batch.records.map(({ offset }) => offset));
        expect(offsets).toEqual(Array.from({ length: 20 }, (_, i) => BigInt(i)));
        for (const batch of mine) {
          expect(batch.topic).toBe(topic);
          expect(batch.nextOffset).toBe(batch.records.at(-1)!.offset + 1n);
          expect(batch.highWatermark).toBeGreaterThanOrEqual(batch.nextOffset);
        }
      }
    });

    test("resumes at the database's offset, whatever the broker believes", async () => {
      const bench = get();
      const { topic, consumer } = await passedOnce(bench);
      await bench.harness.misleadBroker(consumer, topic, 8n);
      await bench.harness.pool.query(
        'UPDATE checkpoints SET next_offset = 4 WHERE consumer = $1 AND topic = $2',
        [consumer, topic],
      );
      await bench.harness.pool.query('DELETE FROM contract_effects WHERE consumer = $1', [consumer]);
      await bench.start(bench.log().consume(bench.subscription({ consumer, topic })));
      await waitFor('the second pass', async () => (await bench.values(consumer)).length >= 6);
      expect((await bench.effects(consumer)).map(({ offset }) => offset)).toEqual([4n, 5n, 6n, 7n, 8n, 9n]);
    });

    test('opens a handler with the claim that the table shows', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(1);
      const consumer = bench.name('c');
      const epochs: bigint[] = [];
      const subscription = bench.subscription(
        { consumer, topic },
        { onOpen: (claim) => void epochs.push(claim.epoch) },
      );
      for (let round = 1; round <= 2; round += 1) {
        const running = await bench.start(log.consume(subscription));
        await waitFor(`claim ${round}`, () => epochs.length >= round);
        await running.stop();
      }
      const { rows } = await bench.harness.pool.query<{ epoch: string }>(
        'SELECT epoch FROM checkpoints WHERE consumer = $1 AND topic = $2',
        [consumer, topic],
      );
      expect(epochs[1]).toBeGreaterThan(epochs[0]!);
      expect(BigInt(rows[0]!.epoch)).toBe(epochs.at(-1));
    });

    test('bounds batches in bytes', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(1);
      const consumer = bench.name('c');
      const value = Buffer.alloc(20_000, 'a');
      // Appended one by one: what a producer sent as one unit, a broker may hand out as one.
      for (let i = 0; i < 30; i += 1) await log.append(topic, [record(0, '', { value })]);
      await log.append(topic, [record(0, '', { value: Buffer.alloc(300_000, 'b') })]);
      const sizes: number[][] = [];
      const before = (batch: LogBatch): void => {
        sizes.push(batch.records.map((one) => one.value.length));
      };
      await bench.start(
        log.consume(bench.subscription({ consumer, topic, maxBatchBytes: 100_000 }, { before })),
      );
      await waitFor('all records', () => sizes.flat().length >= 31);
      for (const batch of sizes) {
        const bytes = batch.reduce((sum, size) => sum + size, 0);
        if (batch.length > 1) expect(bytes).toBeLessThanOrEqual(100_000);
      }
      expect(sizes.flat().at(-1)).toBe(300_000);
    });

    test('gives a handler records from before its claim again, if it says so, as far back as the log goes', async () => {
      const bench = get();
      const { log, topic, consumer } = await passedOnce(bench);
      const given: bigint[] = [];
      const open = ({ nextOffset }: PartitionClaim): Promise<PartitionHandler> => {
        expect(nextOffset).toBe(10n);
        const handle = (batch: LogBatch): Promise<void> => {
          given.push(...batch.records.map(({ offset }) => offset));
          return Promise.resolve();
        };
        return Promise.resolve({ beginsAt: 0n, handle, close: () => Promise.resolve() });
      };
      await bench.start(bench.log().consume({ consumer, topic, open }));
      await waitFor('what was before', () => given.length >= 10);
      await log.append(topic, records(1, 1, 'new'));
      await waitFor('what comes after', () => given.length >= 11);
      expect(given).toEqual(Array.from({ length: 11 }, (_, i) => BigInt(i)));
    });

    test('calls tick about once a second without data, and never beside another call', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(1);
      const consumer = bench.name('c');
      let inside = 0;
      let overlaps = 0;
      let ticks = 0;
      const alone = async (): Promise<void> => {
        inside += 1;
        if (inside > 1) overlaps += 1;
        await new Promise((resolve) => setTimeout(resolve, 20));
        inside -= 1;
      };
      const onTick = async (): Promise<void> => {
        await alone();
        ticks += 1;
      };
      await bench.start(log.consume(bench.subscription({ consumer, topic }, { onTick, before: alone })));
      const begun = Date.now();
      await waitFor('two ticks', () => ticks >= 2, 15_000);
      for (let i = 0; ticks < 4; i += 1) await log.append(topic, [record(0, `${i}`)]);
      expect(Date.now() - begun).toBeGreaterThan(1_500);
      expect(overlaps).toBe(0);
    });

    test('closes handlers once, after the running call, and delivers nothing afterwards', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(2);
      const consumer = bench.name('c');
      const opened: number[] = [];
      const closed: number[] = [];
      const started = new Gate();
      const proceed = new Gate();
      let calls = 0;
      const running = await bench.start(
        log.consume(
          bench.subscription(
            { consumer, topic },
            {
              onOpen: ({ partition }) => void opened.push(partition),
              onClose: ({ partition }) => void closed.push(partition),
              before: async ({ partition }) => {
                calls += 1;
                started.open();
                if (partition === 0) await proceed.passed;
              },
            },
          ),
        ),
      );
      await waitFor('both partitions', () => opened.length === 2);
      await log.append(topic, [record(0, 'running')]);
      await started.passed;
      const stopped = running.stop();
      await log.append(topic, records(10, 2, 'after'));
      const callsAtStop = calls;
      expect(closed).not.toContain(0);
      proceed.open();
      await stopped;
      expect(closed.sort()).toEqual([0, 1]);
      expect(await bench.values(consumer)).toContain('running');
      const effectsAtStop = await bench.values(consumer);
      await log.append(topic, records(2, 2, 'much-later'));
      // Another consumer having seen it all is the proof that the first one had its chance.
      const witness = bench.name('c');
      await bench.start(bench.log().consume(bench.subscription({ consumer: witness, topic })));
      await waitFor('the witness', async () => (await bench.values(witness)).length === 13);
      expect(calls).toBe(callsAtStop);
      expect(await bench.values(consumer)).toEqual(effectsAtStop);
      expect(running.health()).toMatchObject({ status: 'down', partitions: 0 });
    });
  });
}

/** Ten records of one partition, which the consumer has had. */
async function passedOnce(
  bench: ContractBench,
): Promise<{ log: MessageLog; topic: string; consumer: string }> {
  const log = bench.log();
  const topic = await bench.harness.createTopic(1);
  const consumer = bench.name('c');
  await log.append(topic, records(10, 1));
  const first = await bench.start(log.consume(bench.subscription({ consumer, topic })));
  await waitFor('the first pass', async () => (await bench.values(consumer)).length === 10);
  await first.stop();
  return { log, topic, consumer };
}
