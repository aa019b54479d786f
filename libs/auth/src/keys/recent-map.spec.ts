import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RecentMap } from './recent-map';

test('never holds more than its capacity, always half of it, and what was set last', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('get', 'set', 'delete'), fc.nat(12)), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (sequence) => {
      const map = new RecentMap<number>(8);
      const model = new Map<string, number>();
      sequence.forEach(([step, n], i) => {
        const key = String(n);
        if (step === 'delete') {
          map.delete(key);
          model.delete(key);
          expect(map.get(key)).toBeUndefined();
        } else if (step === 'get') {
          const found = map.get(key);
          if (found !== undefined) {
            expect(found).toBe(model.get(key));
            model.delete(key);
            model.set(key, found);
          }
        } else {
          map.set(key, i);
          model.delete(key);
          model.set(key, i);
        }
        expect(map.size).toBeLessThanOrEqual(8);
      });
      // The four that were used last are there, with the value set last.
      for (const [key, value] of [...model].slice(-4)) expect(map.get(key)).toBe(value);
    }),
  );
});
