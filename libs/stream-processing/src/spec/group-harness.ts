import type { DeviceGroup } from '@tidewatch/contracts';
import { ReadingBatchBuilder, seriesKey, type SeriesKey } from '@tidewatch/readings';
import { PartitionStream } from '../partition-stream';
import { DEFAULT_STREAM_SETTINGS, type StreamSettings } from '../settings';
import type { PartialWindow } from '../windows/partial-window';
import { countingDetector } from './harness';

export const SETTINGS: StreamSettings = {
  ...DEFAULT_STREAM_SETTINGS,
  ...{
    latenessMs: 30_000,
    reorderMs: 2_000,
    idleTimeoutMs: 60_000,
    maxAheadMs: 20_000,
    evictAfterMs: 231_000,
  },
  slidingWindows: [
    { sizeMs: 40_000, stepMs: 20_000 },
    { sizeMs: 120_000, stepMs: 40_000 },
  ],
  groupTags: ['site', 'line'],
};
export const START = 1_700_000_040_000;
export const SERIES: readonly SeriesKey[] = [
  seriesKey('pump-1', 'flow', [['site', 'north'], ['line', '1']]), // prettier-ignore
  seriesKey('pump-2', 'flow', [['site', 'north']]),
  seriesKey('pump-3', 'flow', [['site', 'north']]),
  seriesKey('pump-4', 'flow', [['site', 'south']]),
  seriesKey('pump-4', 'pressure', [['site', 'south']]),
  seriesKey('pump-5', 'flow'),
];

export interface Reading {
  readonly series: number;
  readonly time: number;
  readonly value: number;
}

export interface Block {
  readonly appendedAtMs: number;
  readonly readings: readonly Reading[];
}

export type GroupOutput = DeviceGroup & PartialWindow;

export function streamOf(settings: StreamSettings = SETTINGS): {
  stream: PartitionStream;
  output: GroupOutput[];
} {
  const output: GroupOutput[] = [];
  const nothing = (): void => undefined;
  const stream = new PartitionStream(settings, countingDetector, {
    ...{ window: nothing, episode: nothing },
    group: ({ key }, window) => output.push({ ...key, ...window }),
  });
  return { stream, output };
}

export function feed(stream: PartitionStream, { readings, appendedAtMs }: Block): void {
  const builder = new ReadingBatchBuilder();
  for (const { series, time, value } of readings) builder.append(SERIES[series]!, time * 1000, value);
  stream.process(builder.build(), appendedAtMs);
}

export function run(blocks: readonly Block[], settings?: StreamSettings) {
  const { stream, output } = streamOf(settings);
  for (const block of blocks) feed(stream, block);
  return { output, counts: stream.counts };
}

/** In the log's time much later, so that all windows are closed. */
export const CLOSING: Block = { appendedAtMs: START + 600_000, readings: [] };
