import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ReadingBatchBuilder } from './reading-batch-builder';
import { seriesKey } from './series-key';

const keys = Array.from({ length: 5 }, (_, i) => seriesKey(`d${i}`, 'm'));
const rows = fc.array(fc.tuple(fc.nat({ max: 4 }), fc.nat(), fc.double({ noNaN: true })), { maxLength: 100 });

describe('a builder of batches', () => {
  test('holds the rows it was given, however often it grew', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const builder = new ReadingBatchBuilder(1);
        for (const [series, time, value] of list) builder.append(keys[series]!, time, value);
        const batch = builder.build();
        expect(builder.length).toBe(list.length);
        expect(Array.from(batch.seriesIndex, (index) => batch.series[index])).toEqual(
          list.map(([series]) => keys[series]),
        );
        expect([...batch.timeUs]).toEqual(list.map(([, time]) => time));
        expect([...batch.value]).toEqual(list.map(([, , value]) => value));
        expect(batch.series).toHaveLength(new Set(list.map(([series]) => series)).size);
        expect(builder.view()).toEqual(batch);
      }),
    );
  });

  test('starts again after clear, and what it built stays', () => {
    const builder = new ReadingBatchBuilder();
    builder.append(keys[0]!, 1, 1.5);
    const first = builder.build();
    builder.clear();
    builder.append(keys[1]!, 2, 2.5);
    expect(first.series).toEqual([keys[0]]);
    expect([...first.value]).toEqual([1.5]);
    expect(builder.build().series).toEqual([keys[1]]);
    expect(builder.length).toBe(1);
  });
});
