import { expect, test } from '@jest/globals';
import { SnapshotError } from '@tidewatch/anomaly-detection';
import * as fc from 'fast-check';
import { ByteReader, ByteWriter } from './bytes';

const item = fc.oneof(
  fc.record({
    text: fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.constantFrom('a'.repeat(127), 'a'.repeat(128), `${'a'.repeat(126)}é`, ''),
    ),
  }),
  fc.record({
    varint: fc.oneof(fc.maxSafeNat(), fc.constantFrom(127, 128, 2 ** 31, Number.MAX_SAFE_INTEGER)),
  }),
  fc.record({ float: fc.double() }),
  fc.record({ signed: fc.oneof(fc.integer(), fc.constantFrom(2 ** 50, -(2 ** 50), 0, -1)) }),
  fc.record({
    short: fc.array(
      fc.oneof(
        fc.constantFrom(0, -0, 1, -1, 256, 2 ** 32, 1 + 2 ** -20, 2 ** -1074),
        fc.double({ noNaN: true }),
      ),
      {
        maxLength: 7,
      },
    ),
  }),
);

test('whatever is written is read back, and bytes that end too soon are refused', () => {
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 20 }), (items) => {
      const writer = new ByteWriter();
      for (const one of items) {
        if ('text' in one) writer.text(one.text);
        else if ('varint' in one) writer.varint(one.varint);
        else if ('signed' in one) writer.signed(one.signed);
        else if ('short' in one) writer.shortFloats(Float64Array.of(NaN, ...one.short), 1, one.short.length);
        else writer.float64(one.float);
      }
      const read = (reader: ByteReader): object[] =>
        items.map((one) => {
          if ('text' in one) return { text: reader.text() };
          if ('signed' in one) return { signed: reader.signed() };
          if ('short' in one) {
            const short = new Float64Array(one.short.length);
            reader.shortFloats(short, 0, short.length);
            return { short: [...short] };
          }
          return 'varint' in one ? { varint: reader.varint() } : { float: reader.float64() };
        });
      const reader = new ByteReader(writer.written());
      expect(read(reader)).toEqual(items);
      expect(reader.done).toBe(true);
      if (writer.length === 0) return;
      expect(() => read(new ByteReader(writer.written().subarray(0, -1)))).toThrow(SnapshotError);
    }),
  );
});
