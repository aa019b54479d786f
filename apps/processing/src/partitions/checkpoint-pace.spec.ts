import { expect, test } from '@jest/globals';
import { CheckpointPace } from './checkpoint-pace';

test('checkpoints of all partitions together take their share of the time, within bounds', () => {
  const pace = new CheckpointPace({ leastMs: 5_000, mostMs: 120_000, share: 0.05 });
  expect(pace.intervalMs).toBe(5_000);
  pace.spent(0, 0.2);
  expect(pace.intervalMs).toBe(5_000);
  pace.spent(1, 0.8);
  expect(pace.intervalMs).toBe(20_000);
  // The last one of a partition counts, not the sum of them.
  pace.spent(1, 0.3);
  expect(pace.intervalMs).toBe(10_000);
  pace.forget(0);
  expect(pace.intervalMs).toBe(6_000);
  pace.spent(1, 60);
  expect(pace.intervalMs).toBe(120_000);
});
