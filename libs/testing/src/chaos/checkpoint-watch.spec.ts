import { expect, test } from '@jest/globals';
import { type CheckpointRow, violationsOf } from './checkpoint-watch';

const row: CheckpointRow = {
  consumer: 'storage',
  topic: 'readings.v1',
  partition: 3,
  epoch: 5,
  nextOffset: 100,
  owner: 'storage-1-a',
};

test.each([
  ['nothing new', {}, []],
  ['an advance', { nextOffset: 120 }, []],
  ['a takeover', { epoch: 6, owner: 'storage-2-b' }, []],
  ['an epoch that goes back', { epoch: 4 }, ['p: epoch 5 → 4']],
  ['an offset that goes back', { nextOffset: 99 }, ['p: offset 100 → 99']],
  ['a second owner', { owner: 'storage-2-b' }, ['p: epoch 5 of storage-1-a is also of storage-2-b']],
])('%s', (_, change, violations) => {
  expect(violationsOf('p', row, { ...row, ...change })).toEqual(violations);
});
