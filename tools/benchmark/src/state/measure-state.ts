import type { DetectorKind } from '@tidewatch/anomaly-detection';
import { type ReadingBatch, seriesKey } from '@tidewatch/readings';
import { DEFAULT_STREAM_SETTINGS, PartitionStream } from '@tidewatch/stream-processing';

export interface MeasuredState {
  /** Heap and buffers, from the difference before and after; needs `--expose-gc` to be exact. */
  readonly bytesPerSeries: number;
  readonly storedBytesPerSeries: number;
  /** Of the processor. */
  readonly secondsPerReading: number;
  readonly secondsPerChange: number;
}

const START_S = 1_700_000_040;
const METRICS_PER_DEVICE = 10;

/** Series that report in turn, in order, for the allowed lateness and half as long again, so that all hold as much as they ever do. */
export function measureState(kind: DetectorKind, count: number, periodSeconds: number): MeasuredState {
  const keys = Array.from({ length: count }, (_, i) =>
    seriesKey(`device-${Math.floor(i / METRICS_PER_DEVICE)}`, `metric-${i % METRICS_PER_DEVICE}`),
  );
  const seriesIndex = Uint32Array.from(keys, (_, i) => i);
  const before = memory();
  const settings = { ...DEFAULT_STREAM_SETTINGS, maxSeries: count, maxTimes: 200 * count };
  const nothing = (): void => undefined;
  const stream = new PartitionStream(settings, kind, { window: nothing, group: nothing, episode: nothing });
  const rounds = Math.max(10, Math.ceil((settings.latenessMs * 1.5) / 1000 / periodSeconds));
  const startedAt = process.cpuUsage();
  for (let round = 0; round < rounds; round++) {
    const atS = START_S + round * periodSeconds;
    stream.process(batchAt({ keys, seriesIndex, atS, round }), atS * 1000);
  }
  const processing = secondsSince(startedAt);
  const after = memory();
  let stored = 0;
  const checkpointAt = process.cpuUsage();
  for (const { state } of stream.takeChanges()) stored += state?.length ?? 0;
  return {
    bytesPerSeries: (after - before) / count,
    storedBytesPerSeries: stored / count,
    secondsPerReading: processing / (rounds * count),
    secondsPerChange: secondsSince(checkpointAt) / count,
  };
}

interface Round extends Pick<ReadingBatch, 'seriesIndex'> {
  readonly keys: ReadingBatch['series'];
  readonly atS: number;
  readonly round: number;
}

function batchAt({ keys, seriesIndex, atS, round }: Round): ReadingBatch {
  return {
    series: keys,
    seriesIndex,
    timeUs: Float64Array.from(keys, (_, i) => atS * 1e6 + i),
    value: Float64Array.from(keys, (_, i) => Math.round(2_000 + 300 * Math.sin(round / 37 + i)) / 100),
  };
}

function secondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

function memory(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
