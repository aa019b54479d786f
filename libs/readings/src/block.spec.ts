import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { join } from 'node:path';
import { loadSync } from 'protobufjs';
import { LIMITS } from '@tidewatch/contracts';
import { decodeBlock } from './block-decoder';
import {
  encodeBlock,
  ENCODED_COLUMNS_OVERHEAD,
  ENCODED_ROW_LENGTH,
  encodedSeriesLength,
} from './block-encoder';
import { BlockFormatError } from './errors';
import type { ReadingBatch, SeriesKey } from './reading-batch';
import { seriesKey } from './series-key';

interface StockBlock {
  series: { device: string; metric: string; tags: { key: string; value: string }[] }[];
  seriesIndex: number[];
  timeUs: string[];
  value: number[];
}

const ReadingBlock = loadSync(join(__dirname, 'reading-block.proto')).lookupType(
  'tidewatch.readings.v1.ReadingBlock',
);

const name = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 24 })
  .filter((text) => !text.includes('\0') && Buffer.byteLength(text) <= 128);
const tags = fc.uniqueArray(fc.tuple(name, name), { maxLength: 4, selector: ([key]) => key });
const series = fc.tuple(name, name, tags).map(([device, metric, pairs]) => seriesKey(device, metric, pairs));
const row = fc.record({
  series: fc.nat(),
  time: fc.oneof(
    fc.integer({ min: 0, max: LIMITS.maxTimeUs }),
    fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, LIMITS.maxTimeUs),
  ),
  value: fc.double({ noNaN: true, noDefaultInfinity: true }),
});
const batches: fc.Arbitrary<ReadingBatch> = fc
  .tuple(fc.array(series, { minLength: 1, maxLength: 6 }), fc.array(row, { maxLength: 40 }))
  .map(([keys, rows]) => ({
    series: keys,
    seriesIndex: Uint32Array.from(rows, (one) => one.series % keys.length),
    timeUs: Float64Array.from(rows, (one) => one.time),
    value: Float64Array.from(rows, (one) => one.value),
  }));

function stockOf(batch: ReadingBatch): StockBlock {
  return {
    series: batch.series.map((key) => ({
      device: key.device,
      metric: key.metric,
      tags: key.tags.map(([tagKey, value]) => ({ key: tagKey, value })),
    })),
    seriesIndex: [...batch.seriesIndex],
    timeUs: Array.from(batch.timeUs, String),
    value: [...batch.value],
  };
}

const one: ReadingBatch = {
  series: [seriesKey('boiler-7', 'temperature', [['site', 'north']])],
  seriesIndex: Uint32Array.of(0, 0),
  timeUs: Float64Array.of(1_700_000_000_123_456, 1_700_000_000_123_457),
  value: Float64Array.of(21.5, -0),
};

function withRow(change: Partial<Pick<ReadingBatch, 'seriesIndex' | 'timeUs' | 'value'>>): Uint8Array {
  return encodeBlock({
    ...one,
    seriesIndex: Uint32Array.of(0),
    timeUs: Float64Array.of(1),
    value: Float64Array.of(1),
    ...change,
  });
}

function withSeries(key: SeriesKey): Uint8Array {
  return encodeBlock({ ...one, series: [key] });
}

describe('a block', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        expect(decodeBlock(encodeBlock(batch))).toEqual(batch);
      }),
    );
  });

  test('is what stock protobufjs reads', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        const message = ReadingBlock.decode(encodeBlock(batch));
        const read = ReadingBlock.toObject(message, { longs: String, arrays: true, defaults: true });
        expect(read).toEqual(stockOf(batch));
      }),
    );
  });

  test('is read from what stock protobufjs writes', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        const bytes = ReadingBlock.encode(ReadingBlock.fromObject(stockOf(batch))).finish();
        expect(Buffer.compare(bytes, encodeBlock(batch))).toBe(0);
        expect(decodeBlock(bytes)).toEqual(batch);
      }),
    );
  });

  test('is read wherever it lies in memory', () => {
    const bytes = encodeBlock(one);
    for (let shift = 0; shift < 8; shift++) {
      const memory = new Uint8Array(bytes.length + 8);
      memory.set(bytes, shift);
      expect(decodeBlock(memory.subarray(shift, shift + bytes.length))).toEqual(one);
    }
  });

  test('has columns of its own, which a change of the bytes does not reach', () => {
    const bytes = encodeBlock(one);
    const batch = decodeBlock(bytes);
    bytes.fill(0);
    expect(batch).toEqual(one);
  });

  test('gives the same series object for the same series', () => {
    const [first] = decodeBlock(encodeBlock(one)).series;
    const [second] = decodeBlock(encodeBlock(one)).series;
    expect(second).toBe(first);
  });

  test('is as long as its parts say', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        const seriesBytes = batch.series.reduce((sum, key) => sum + encodedSeriesLength(key), 0);
        const bound = seriesBytes + batch.value.length * ENCODED_ROW_LENGTH + ENCODED_COLUMNS_OVERHEAD;
        const { length } = encodeBlock(batch);
        expect(length).toBeLessThanOrEqual(bound);
        expect(length).toBeGreaterThanOrEqual(bound - ENCODED_COLUMNS_OVERHEAD);
      }),
    );
  });

  test('may be empty', () => {
    expect(decodeBlock(new Uint8Array(0)).value).toHaveLength(0);
    expect(encodeBlock(decodeBlock(new Uint8Array(0)))).toHaveLength(0);
  });
});

describe('what other writers may do', () => {
  test('unknown fields are skipped, at the top and in a series', () => {
    const varint = [0x50, 0xff, 0xff, 0x01];
    const fixed64 = [0x51, 1, 2, 3, 4, 5, 6, 7, 8];
    const text = [0x52, 2, 0x61, 0x62];
    const fixed32 = [0x55, 1, 2, 3, 4];
    const unknown = [...varint, ...fixed64, ...text, ...fixed32];
    const seriesBytes = [0x0a, 1, 0x64, 0x12, 1, 0x6d, ...unknown];
    const bytes = Uint8Array.from([...unknown, 0x0a, seriesBytes.length, ...seriesBytes, ...unknown]);
    expect(decodeBlock(bytes).series).toEqual([seriesKey('d', 'm')]);
  });

  test('a column in several runs, packed and not, is one column', () => {
    const series1 = [0x0a, 6, 0x0a, 1, 0x64, 0x12, 1, 0x6d];
    const indexes = [0x12, 4, 0, 0, 0, 0, 0x15, 0, 0, 0, 0];
    const times = [0x19, 1, 0, 0, 0, 0, 0, 0, 0, 0x1a, 8, 2, 0, 0, 0, 0, 0, 0, 0];
    const values = [0x22, 0, 0x22, 16, ...new Uint8Array(Float64Array.of(1.5, 2.5).buffer)];
    const batch = decodeBlock(Uint8Array.from([...values, ...indexes, ...times, ...series1]));
    expect([...batch.timeUs]).toEqual([1, 2]);
    expect([...batch.value]).toEqual([1.5, 2.5]);
    expect([...batch.seriesIndex]).toEqual([0, 0]);
  });
});

describe('refused with BlockFormatError', () => {
  const tooLong = 'x'.repeat(LIMITS.nameBytes + 1);
  const manyTags = Array.from({ length: LIMITS.tagsPerReading + 1 }, (_, i) => [`k${i}`, 'v'] as const);
  const cases: [string, Uint8Array][] = [
    ['an index without a series', withRow({ seriesIndex: Uint32Array.of(1) })],
    ['a value that is NaN', withRow({ value: Float64Array.of(NaN) })],
    ['a value that is infinite', withRow({ value: Float64Array.of(-Infinity) })],
    ['a negative time', withRow({ timeUs: Float64Array.of(-1) })],
    ['a time too late', withRow({ timeUs: Float64Array.of(LIMITS.maxTimeUs + 1) })],
    ['an empty device', withSeries(seriesKey('', 'm'))],
    ['an empty metric', withSeries(seriesKey('d', ''))],
    ['an empty tag key', withSeries(seriesKey('d', 'm', [['', 'v']]))],
    ['NUL in a name', withSeries(seriesKey('d\0', 'm'))],
    ['a name too long', withSeries(seriesKey(tooLong, 'm'))],
    ['too many tags', withSeries(seriesKey('d', 'm', manyTags))],
    [
      'tags out of order',
      withSeries({
        device: 'd',
        metric: 'm',
        tags: [
          ['b', '1'],
          ['a', '2'],
        ],
      }),
    ],
    [
      'a tag twice',
      withSeries({
        device: 'd',
        metric: 'm',
        tags: [
          ['a', '1'],
          ['a', '2'],
        ],
      }),
    ],
    ['a string that is not UTF-8', Uint8Array.of(0x0a, 6, 0x0a, 1, 0xff, 0x12, 1, 0x6d)],
    ['columns of different lengths', Uint8Array.of(0x15, 0, 0, 0, 0)],
    ['a column that ends within an element', Uint8Array.of(0x12, 3, 0, 0, 0)],
    ['a column as varints', Uint8Array.of(0x10, 0)],
    ['a series that is not a message', Uint8Array.of(0x08, 0)],
    ['a device that is not a string', Uint8Array.of(0x0a, 2, 0x08, 0)],
    ['a group', Uint8Array.of(0x53, 0x54)],
    ['field number 0', Uint8Array.of(0x00, 0x00)],
    ['a length beyond the end', Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f)],
    ['a length of 33 bits', Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x1f)],
    ['a varint of eleven bytes', Uint8Array.from([0x50, ...new Array<number>(10).fill(0x80), 0])],
  ];

  test.each(cases)('%s', (_, bytes) => {
    expect(() => decodeBlock(bytes)).toThrow(BlockFormatError);
  });

  test('a batch with columns of different lengths', () => {
    expect(() => encodeBlock({ ...one, value: Float64Array.of(1) })).toThrow(BlockFormatError);
  });

  test('each truncation', () => {
    const bytes = encodeBlock(one);
    // The dictionary alone is a block, too: cut behind it.
    const dictionary = encodedSeriesLength(one.series[0]!);
    for (let length = 1; length < bytes.length; length++) {
      if (length === dictionary) continue;
      expect(() => decodeBlock(bytes.subarray(0, length))).toThrow(BlockFormatError);
    }
  });
});

describe('whatever the bytes are, nothing else is thrown', () => {
  function decodeOrRefuse(bytes: Uint8Array): void {
    try {
      decodeBlock(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(BlockFormatError);
    }
  }

  test('random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), decodeOrRefuse), { numRuns: 2_000 });
  });

  test('a block with some bytes changed', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(batches, fc.array(change, { minLength: 1, maxLength: 4 }), (batch, changes) => {
        const bytes = Uint8Array.from(encodeBlock(batch));
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        decodeOrRefuse(bytes);
      }),
      { numRuns: 1_000 },
    );
  });
});
