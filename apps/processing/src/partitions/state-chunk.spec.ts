import { expect, test } from '@jest/globals';
import { StateChunk } from './state-chunk';

const hash = (byte: number): Uint8Array => new Uint8Array(16).fill(byte);
const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

/** One dimension, no nulls, type 17 (bytea), so many elements from number 1 on, each behind its length: all words big-endian. */
const asArray = (...elements: readonly Uint8Array[]): number[] => [
  ...[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0, elements.length, 0, 0, 0, 1],
  ...elements.flatMap((element) => [0, 0, 0, element.length, ...element]),
];

test('holds hashes and states as binary arrays, and copies of them', () => {
  const chunk = new StateChunk();
  const state = filled(3, 1);
  chunk.add(hash(7), state);
  state.fill(9);
  chunk.add(hash(8), filled(2, 2));
  const [hashes, states] = chunk.values();
  expect([...hashes]).toEqual(asArray(hash(7), hash(8)));
  expect([...states]).toEqual(asArray(filled(3, 1), filled(2, 2)));
  chunk.clear();
  expect(chunk.count).toBe(0);
  chunk.add(hash(9), filled(1, 5));
  expect([...chunk.values()[1]]).toEqual(asArray(filled(1, 5)));
});

test('is full by bytes and by rows, but takes one state of any size', () => {
  const chunk = new StateChunk();
  const large = filled(3_000_000, 4);
  expect(chunk.isFullWith(large)).toBe(false);
  chunk.add(hash(1), large);
  expect(Buffer.compare(chunk.values()[1].subarray(24), large)).toBe(0);
  expect(chunk.isFullWith(filled(1, 0))).toBe(true);
  chunk.clear();
  let rows = 0;
  for (; !chunk.isFullWith(filled(1, 0)); rows++) chunk.add(hash(0), filled(1, 0));
  expect(rows).toBe(4_096);
  chunk.clear();
  expect(chunk.isFullWith(filled(1, 0))).toBe(false);
});
