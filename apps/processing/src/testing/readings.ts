import { TOPICS } from '@tidewatch/contracts';
import type { LogBatch } from '@tidewatch/messaging';
import { encodeBlock, ReadingBatchBuilder, seriesKey } from '@tidewatch/readings';

export const START_MS = 1_700_000_040_000;

export interface Reading {
  readonly device: string;
  readonly atMs: number;
  readonly value: number;
}

export function block(readings: readonly Reading[]): Uint8Array {
  const builder = new ReadingBatchBuilder();
  for (const { device, atMs, value } of readings) {
    builder.append(seriesKey(device, 'temperature', [['site', 'north']]), (START_MS + atMs) * 1000, value);
  }
  return encodeBlock(builder.view());
}

/** Three minutes of one device at one reading a second: steady, with a spike in the middle. */
export function minutesOf(device: string): Reading[] {
  return Array.from({ length: 180 }, (_, i) => ({
    ...{ device, atMs: i * 1_000 },
    value: i === 90 ? 92 : 20 + (i % 5) / 4,
  }));
}

export function batchOf(blocks: readonly Uint8Array[], firstOffset = 0): LogBatch {
  const records = blocks.map((value, i) => ({
    ...{ offset: BigInt(firstOffset + i), key: 'k', value, headers: {} },
    appendedAtMs: START_MS + 200_000,
  }));
  const nextOffset = BigInt(firstOffset + blocks.length);
  return { topic: TOPICS.readings, partition: 0, records, nextOffset, highWatermark: nextOffset };
}

export function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, (i + 1) * size),
  );
}
