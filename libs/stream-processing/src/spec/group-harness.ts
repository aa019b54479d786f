import type { DeviceGroup } from '@tidewatch/contracts';
import { seriesKey, type SeriesKey } from '@tidewatch/readings';
import { PartitionStream } from '../partition-stream';
import type { StreamSettings } from '../settings';
import type { PartialWindow } from '../windows/partial-window';
import { countingDetector, feed as feedOf, type Record, SHORT_TIMES } from './harness';

export const SETTINGS: StreamSettings = {
  ...SHORT_TIMES,
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

export function feed(stream: PartitionStream, record: Record): void {
  feedOf(stream, record, SERIES);
}

export function run(records: readonly Record[], settings?: StreamSettings) {
  const { stream, output } = streamOf(settings);
  for (const record of records) feed(stream, record);
  return { output, counts: stream.counts };
}

/** In the log's time much later, so that all windows are closed. */
export const CLOSING: Record = { appendedAtMs: START + 600_000, readings: [] };
