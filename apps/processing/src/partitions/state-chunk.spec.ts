import { expect, test } from '@jest/globals';
import { StateChunk } from './state-chunk';

const hash = (byte: number): Uint8Array => new Uint8Array(16).fill(byte);
const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

test('holds states one behind the other, and copies of them', () => {
  const chunk = new StateChunk();
  const state = filled(3, 1);
  chunk.add(hash(7), state);
  state.fill(9);
  chunk.add(hash(8), filled(2, 2));
  const [hashes, states, starts, lengths] = chunk.values();
  expect([...states]).toEqual([1, 1, 1, 2, 2]);
  expect([starts, lengths]).toEqual([
    [0, 3],
    [3, 2],
  ]);
  expect([...hashes]).toEqual([...hash(7), ...hash(8)]);
  chunk.clear();
  chunk.add(hash(9), filled(1, 5));
  expect([...chunk.values()[1]]).toEqual([5]);
});

test('is full by bytes and by rows, but takes one state of any size', () => {
  const chunk = new StateChunk();
  const large = filled(3_000_000, 4);
  expect(chunk.isFullWith(large)).toBe(false);
  chunk.add(hash(1), large);
  expect(Buffer.compare(chunk.values()[1], large)).toBe(0);
  expect(chunk.isFullWith(filled(1, 0))).toBe(true);
  chunk.clear();
  let rows = 0;
  for (; !chunk.isFullWith(filled(1, 0)); rows++) chunk.add(hash(0), filled(1, 0));
  expect(rows).toBe(4_096);
  chunk.clear();
  expect(chunk.isFullWith(filled(1, 0))).toBe(false);
});
