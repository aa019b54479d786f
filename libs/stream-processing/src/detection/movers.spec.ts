import { expect, test } from '@jest/globals';
import { seriesHash, seriesKey } from '@tidewatch/readings';
import fc from 'fast-check';
import { Movers } from './movers';

const SERIES = Array.from({ length: 12 }, (_, i) => {
  const key = seriesKey('press', `metric-${i}`);
  return { key, hash: seriesHash(key) };
});
const row = fc.nat(SERIES.length - 1);

test('the last movers are those that began last, those of one time by their hashes, in whatever order they came and went', () => {
  const step = fc.record({ row, from: fc.nat(9), goes: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(14), fc.nat(10), (steps, most, until) => {
      const from = new Map<number, number>();
      const movers = new Movers((one) => from.get(one) ?? -Infinity, SERIES);
      for (const { row: one, from: at, goes } of steps) {
        movers.remove(one);
        from.delete(one);
        if (goes) continue;
        from.set(one, at);
        movers.add(one);
      }
      const expected = [...from]
        .filter(([, at]) => at <= until)
        .sort(([a, x], [b, y]) => y - x || Buffer.compare(SERIES[b]!.hash, SERIES[a]!.hash))
        .map(([one]) => one);
      expect(movers.last(most, until)).toEqual(expected.slice(0, most));
    }),
  );
});
