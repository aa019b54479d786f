import { describe, expect, test } from '@jest/globals';
import { waitFor } from '@tidewatch/testing';
import type { LogBatch } from '../port/log';
import { type ContractBench, record, records, text } from './contract-bench';

export function describeTails(get: () => ContractBench): void {
  describe('tails', () => {
    const collect = () => {
      const seen: string[] = [];
      const handle = (batch: LogBatch): void => {
        seen.push(...batch.records.map(({ value }) => text(value)));
      };
      return { seen, handle };
    };

    test('every tail sees all partitions of all its topics, from the given age on', async () => {
      const bench = get();
      const log = bench.log();
      const topics = [await bench.harness.createTopic(3), await bench.harness.createTopic(2)];
      await log.append(topics[0]!, records(9, 3, 'old'));
      const tails = [collect(), collect()];
      for (const { handle } of tails) {
        await bench.start(bench.log().tail({ name: bench.name('t'), topics, sinceMs: 600_000, handle }));
      }
      await log.append(topics[0]!, records(9, 3, 'new'));
      await log.append(topics[1]!, records(6, 2, 'other'));
      for (const { seen } of tails) {
        await waitFor('24 records', () => seen.length === 24);
        expect(new Set(seen).size).toBe(24);
        const ofPartition = seen.filter((value) => /^(old|new)(0|3|6)$/.test(value));
        expect(ofPartition).toEqual(['old0', 'old3', 'old6', 'new0', 'new3', 'new6']);
      }
    });

    test('a tail from now on sees what is appended after its start, and not what was before', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(2);
      await log.append(topic, records(10, 2, 'old'));
      const { seen, handle } = collect();
      await bench.start(log.tail({ name: bench.name('t'), topics: [topic], sinceMs: 0, handle }));
      await log.append(topic, records(4, 2, 'new'));
      await waitFor('the new records', () => seen.length >= 4);
      expect(seen.sort()).toEqual(['new0', 'new1', 'new2', 'new3']);
    });

    test('a failing handler does not end the tail', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(1);
      const { seen, handle } = collect();
      await bench.start(
        log.tail({
          name: bench.name('t'),
          topics: [topic],
          sinceMs: 0,
          handle: (batch) => {
            handle(batch);
            if (seen.includes('bad')) throw new TypeError('a defect');
          },
        }),
      );
      await log.append(topic, [record(0, 'bad')]);
      await waitFor('the bad record', () => seen.includes('bad'));
      await log.append(topic, [record(0, 'good')]);
      await waitFor('the good record', () => seen.includes('good'));
      expect(seen).toEqual(['bad', 'good']);
    });

    test('nothing is delivered after stop', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(1);
      const stopped = collect();
      const witness = collect();
      const tail = await bench.start(
        log.tail({ name: bench.name('t'), topics: [topic], sinceMs: 0, handle: stopped.handle }),
      );
      await bench.start(
        log.tail({ name: bench.name('t'), topics: [topic], sinceMs: 0, handle: witness.handle }),
      );
      await tail.stop();
      await log.append(topic, [record(0, 'late')]);
      await waitFor('the witness', () => witness.seen.length === 1);
      expect(stopped.seen).toEqual([]);
    });
  });
}
