import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '@tidewatch/contracts';
import { refuseOversizedJson } from './json-size';

/** Smaller bodies are not looked at. */
const ROOM = ' '.repeat(256 * 1024);
const check = (text: string) => () => refuseOversizedJson(Buffer.from(ROOM + text));
const status = (text: string): number => {
  try {
    check(text)();
    return 0;
  } catch (error) {
    return (error as { status: number }).status;
  }
};
const list = (item: string, count: number): string => `[${Array<string>(count).fill(item).join(',')}]`;

describe('the size of a body', () => {
  test('the largest request that can be valid is none too many', () => {
    const tags = Object.fromEntries(
      Array.from({ length: LIMITS.tagsPerReading }, (_, i) => [`t${i}`, '[{,']),
    );
    const reading = JSON.stringify({ device: '[', metric: '{"\\', value: 1, time: 1, tags });
    const readings = list(reading, LIMITS.readingsPerRequest);
    expect(check(`{"readings":${readings}}`)).not.toThrow();
  });

  test('a body of up to 256 KiB is left to the parser', () => {
    const small = '['.repeat(256 * 1024);
    expect(() => refuseOversizedJson(Buffer.from(small))).not.toThrow();
    expect(() => refuseOversizedJson(Buffer.from(`${small}[`))).toThrow('nested deeper than 16');
  });

  test.each([
    ['is nested to 16', '['.repeat(16), 0],
    ['is nested to 17', '['.repeat(17), 400],
    ['is nested to 17 in turns', '{"a":['.repeat(9), 400],
    ['is many lists, one after the other', list('[[],[]]', 3_000), 0],
    ['is too many lists, one after the other', list('[[],[]]', 3_400), 413],
    ['is too many numbers', list('1', 105_002), 413],
    ['is too many names', `{${'"a":1,'.repeat(105_001)}`, 413],
    ['has brackets in strings only', `"${'[{,'.repeat(200_000)}"`, 0],
    ['has a string with quotes in it', `"${'\\"[\\\\'.repeat(200_000)}"`, 0],
    ['ends in a string', `"${'['.repeat(20)}`, 0],
    ['ends in an escape', '"\\', 0],
  ])('a body that %s', (_name, text, expected) => {
    expect(status(text)).toBe(expected);
  });
});
