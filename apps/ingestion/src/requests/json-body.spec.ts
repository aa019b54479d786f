import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isCurlDefault, isJson, parseJsonBody } from './json-body';
import { findJsonFault } from './json-syntax';

function isParsable(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('the place of a fault', () => {
  test.each([
    ['', 0],
    ['{', 1],
    ['{"a":1,}', 7],
    ['[1,]', 3],
    ['[1 2]', 3],
    ['{"a" 1}', 5],
    ['{a:1}', 1],
    ["{'a':1}", 1],
    ['{"a":NaN}', 5],
    ['{"a":Infinity}', 5],
    ['{"a":-Infinity}', 5],
    ['{"a":01}', 6],
    ['{"a":1.}', 6],
    ['{"a":+1}', 5],
    ['{"a":tru}', 5],
    ['["\\x"]', 2],
    ['["a\u0000"]', 3],
    ['["a', 3],
    ['[1]]', 3],
    ['[1}', 2],
    ['nul', 0],
    ['\ufeff[1]', 0],
  ])('%j', (text, offset) => {
    expect(isParsable(text)).toBe(false);
    expect(findJsonFault(text)?.offset).toBe(offset);
  });

  test('is told as line and column', () => {
    expect(findJsonFault('{\n  "a": 1,\n  b\n}')).toEqual({ offset: 14, line: 3, column: 3 });
  });

  test('there is one exactly when JSON.parse refuses', () => {
    const tokens = fc
      .array(
        fc.constantFrom(
          '{',
          '}',
          '[',
          ']',
          ',',
          ':',
          '"a"',
          '"',
          '\\',
          '1',
          '-',
          '.5',
          'e3',
          'true',
          'null',
          ' ',
          '\n',
          '\u00e9',
        ),
        { maxLength: 12 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(tokens, fc.json(), fc.string()), (text) => {
        expect(findJsonFault(text) === undefined).toBe(isParsable(text));
      }),
      { numRuns: 5_000 },
    );
  });

  test('what comes before the fault can begin a JSON text: cutting a text puts the fault at its end', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, cut) => {
        const head = text.slice(0, cut % text.length);
        const fault = findJsonFault(head);
        if (fault !== undefined) expect(head.slice(fault.offset)).toMatch(/^["\-.\w\\+]*$/);
      }),
    );
  });

  test('is found at any depth', () => {
    expect(findJsonFault('['.repeat(1_000_000))?.offset).toBe(1_000_000);
  });
});

describe('a body', () => {
  test('is JSON in UTF-8', () => {
    expect(parseJsonBody(Buffer.from('{"é":[1]}'))).toEqual({ é: [1] });
  });

  test.each([
    ['nothing', Buffer.alloc(0), 'The body is empty.'],
    ['blanks', Buffer.from(' \n'), 'The body is empty.'],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'The body is not UTF-8.'],
    [
      'not JSON',
      Buffer.from('{"a":}'),
      'The body is not JSON: unexpected character at line 1, column 6 (character 5).',
    ],
    [
      'cut off',
      Buffer.from('{"a":'),
      'The body is not JSON: it ends too early at line 1, column 6 (character 5).',
    ],
  ])('%s is malformed', (_, body, detail) => {
    expect(() => parseJsonBody(body)).toThrow(
      expect.objectContaining({ status: 400, code: 'malformed-body', message: detail }),
    );
  });
});

describe('a content type', () => {
  test.each([
    ['application/json', true],
    ['Application/JSON', true],
    ['application/json; charset=utf-8', true],
    ['application/json;charset=utf-8', true],
    ['application/jsonl', false],
    ['text/plain', false],
    ['', false],
    [undefined, false],
  ])('%p is JSON: %p', (contentType, expected) => {
    expect(isJson(contentType)).toBe(expected);
  });

  test('of curl is known', () => {
    expect(isCurlDefault('application/x-www-form-urlencoded')).toBe(true);
    expect(isCurlDefault('text/plain')).toBe(false);
    expect(isCurlDefault(undefined)).toBe(false);
  });
});
