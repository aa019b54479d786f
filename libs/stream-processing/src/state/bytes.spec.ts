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
);

test('whatever is written is read back, and bytes that end too soon are refused', () => {
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 20 }), (items) => {
      const writer = new ByteWriter();
      for (const one of items) {
        if ('text' in one) writer.text(one.text);
        else if ('varint' in one) writer.varint(one.varint);
        else writer.float64(one.float);
      }
      const read = (reader: ByteReader): object[] =>
        items.map((one) => {
          if ('text' in one) return { text: reader.text() };
          return 'varint' in one ? { varint: reader.varint() } : { float: reader.float64() };
        });
      const reader = new ByteReader(writer.written());
      expect(read(reader)).toEqual(items);
      expect(reader.done).toBe(true);
      expect(() => read(new ByteReader(writer.written().subarray(0, -1)))).toThrow(SnapshotError);
    }),
  );
});
