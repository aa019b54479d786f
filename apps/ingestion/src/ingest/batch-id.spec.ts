import { expect, test } from '@jest/globals';
import { newBatchId } from './batch-id';

test('a batch id is a UUIDv7 of its time', () => {
  const id = newBatchId(0x018bd12c58f0);
  expect(id).toMatch(/^018bd12c-58f0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(newBatchId(0x018bd12c58f0)).not.toBe(id);
  expect(newBatchId(1)).toMatch(/^00000000-0001-7/);
});
