import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { fairShare } from './membership';

test('shares add up to all partitions and differ by one at most', () => {
  fc.assert(
    fc.property(fc.nat(200), fc.integer({ min: 1, max: 50 }), (partitions, members) => {
      const shares = Array.from({ length: members }, (_, rank) => fairShare(partitions, members, rank));
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(partitions);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
    }),
  );
});
