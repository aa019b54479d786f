import { describe, expect, test } from '@jest/globals';
import { LIMITS, ProblemError } from '@tidewatch/contracts';
import fc from 'fast-check';
import { CursorCodec } from './cursor';
import { MAX_CURSOR_LENGTH } from './parameters';

const codec = new CursorCodec('k'.repeat(32));
const question = fc.jsonValue();
const position = fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 4 });

function refusal(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error instanceof ProblemError ? error.status : error;
  }
}

describe('CursorCodec', () => {
  test('gives back the position for the same question, and fits into a URL', () => {
    fc.assert(
      fc.property(question, position, (asked, at) => {
        const cursor = codec.encode(asked, at);
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(codec.decode(asked, cursor)).toEqual(at);
      }),
    );
  });

  test('refuses whatever was changed, cut or added', () => {
    fc.assert(
      fc.property(position, fc.nat(), fc.constantFrom('A', 'B', '_', '', '=', 'AA'), (at, place, text) => {
        const cursor = codec.encode(['devices'], at);
        const i = place % cursor.length;
        const changed = cursor.slice(0, i) + text + cursor.slice(i + 1);
        if (changed !== cursor) expect(refusal(() => codec.decode(['devices'], changed))).toBe(400);
      }),
    );
    for (const foreign of ['', 'A', '\0', 'not a cursor', 'A'.repeat(2_000)]) {
      expect(refusal(() => codec.decode(['devices'], foreign))).toBe(400);
    }
  });

  test('the cursor of the longest names is short enough to be sent back', () => {
    const name = '\x01'.repeat(LIMITS.nameBytes);
    expect(codec.encode(['series', {}], [name, name, '2147483647']).length).toBeLessThan(MAX_CURSOR_LENGTH);
  });

  test('refuses the cursor of another question, and of another key', () => {
    const cursor = codec.encode(['series', { device: 'a' }], ['a', 'm', '1']);
    expect(refusal(() => codec.decode(['series', { device: 'b' }], cursor))).toBe(400);
    const other = new CursorCodec('j'.repeat(32));
    expect(refusal(() => other.decode(['series', { device: 'a' }], cursor))).toBe(400);
  });
});
