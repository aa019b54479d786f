import { expect, test } from '@jest/globals';
import { WireReader } from './wire-reader';

test('reads the types of the protocol in order, and not behind the end', () => {
  const parts = [
    '0012',
    'fffffffe',
    'ac02',
    '06',
    Buffer.from('pumps').toString('hex'),
    '00',
    // Two tagged fields: 7 with one byte, 9 without any.
    '020701ff0900',
    '000102030405060708090a0b0c0d0e0f',
    'aa',
  ];
  const reader = new WireReader(Buffer.from(parts.join(''), 'hex'));
  expect(reader.int16()).toBe(18);
  expect(reader.int32()).toBe(-2);
  expect(reader.unsignedVarint()).toBe(300);
  expect(reader.compactString()).toBe('pumps');
  expect(reader.compactString()).toBe('');
  reader.skipTaggedFields();
  expect(reader.uuid()).toBe('000102030405060708090a0b0c0d0e0f');
  expect(() => reader.int16()).toThrow(RangeError);
});

test('a number that never ends is refused', () => {
  const reader = new WireReader(Buffer.alloc(20, 0xff));
  expect(() => reader.unsignedVarint()).toThrow('a number of more than five bytes');
});
