import { describe, expect, test } from '@jest/globals';
import { waitFor } from '@tidewatch/testing';
import type { LogConsumer, MessageLog } from '../port/log';
import { type ContractBench, records } from './contract-bench';

const PARTITIONS = 6;

export function describeSharing(get: () => ContractBench): void {
  describe('sharing', () => {
    const join = async (
      bench: ContractBench,
      log: MessageLog,
      place: { consumer: string; topic: string },
    ): Promise<LogConsumer & { instance: string }> => {
      const instance = bench.name('member');
      const member = await bench.start(log.consume(bench.subscription(place, { instance })));
      return Object.assign(member, { instance });
    };

    test('two members share the partitions, and each record has its effect once', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(PARTITIONS);
      const consumer = bench.name('c');
      const done = async (count: number): Promise<boolean> => (await bench.values(consumer)).length >= count;
      const sent: string[] = [];
      const send = async (prefix: string): Promise<void> => {
        for (let i = 0; i < 20; i += 1) {
          await log.append(topic, records(PARTITIONS, PARTITIONS, `${prefix}${i}-`));
          sent.push(...Array.from({ length: PARTITIONS }, (_, p) => `${prefix}${i}-${p}`));
        }
      };
      const first = await join(bench, log, { consumer, topic });
      await waitFor('the first member', () => first.health().partitions === PARTITIONS);
      const sending = send('while-joining');
      const second = await join(bench, bench.log(), { consumer, topic });
      const half = PARTITIONS / 2;
      await waitFor(
        'even shares',
        () => first.health().partitions === half && second.health().partitions === half,
      );
      await sending;
      await waitFor('records of the joining', () => done(sent.length));

      const before = (await bench.effects(consumer)).length;
      await send('shared');
      await waitFor('records of two members', () => done(sent.length));
      const shared = (await bench.effects(consumer)).filter(({ value }) => value.startsWith('shared'));
      expect((await bench.effects(consumer)).length).toBeGreaterThan(before);
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        const owners = new Set(
          shared.filter((effect) => effect.partition === partition).map(({ instance }) => instance),
        );
        expect(owners.size).toBe(1);
      }
      expect(new Set(shared.map(({ instance }) => instance))).toEqual(
        new Set([first.instance, second.instance]),
      );

      const leaving = send('while-leaving');
      await first.stop();
      await waitFor(
        'all partitions with the second',
        () => second.health().partitions === PARTITIONS,
        bench.harness.takeoverMs,
      );
      await leaving;
      await waitFor('everything', () => done(sent.length));
      const values = await bench.values(consumer);
      expect(values).toHaveLength(sent.length);
      expect(new Set(values)).toEqual(new Set(sent));
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        const offsets = (await bench.effects(consumer))
          .filter((effect) => effect.partition === partition)
          .map(({ offset }) => offset);
        expect(offsets).toEqual(offsets.map((_, i) => BigInt(i)));
      }
    });

    test('a member more than there are partitions waits, healthy', async () => {
      const bench = get();
      const topic = await bench.harness.createTopic(1);
      const consumer = bench.name('c');
      const members = [
        await join(bench, bench.log(), { consumer, topic }),
        await join(bench, bench.log(), { consumer, topic }),
      ];
      await waitFor('one owner and one in waiting', () => {
        const shares = members.map((member) => member.health());
        return (
          shares.every(({ status }) => status === 'up') &&
          shares.reduce((sum, { partitions }) => sum + partitions, 0) === 1
        );
      });
    });

    test('consumers with different names each get everything', async () => {
      const bench = get();
      const log = bench.log();
      const topic = await bench.harness.createTopic(2);
      const names = [bench.name('c'), bench.name('c')];
      for (const consumer of names) await join(bench, log, { consumer, topic });
      await log.append(topic, records(10, 2));
      for (const consumer of names) {
        await waitFor(consumer, async () => (await bench.values(consumer)).length === 10);
      }
    });
  });
}
