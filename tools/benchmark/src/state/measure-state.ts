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
/** In which some series send a reading from before the last one: from then on their history is kept. */
const LATE_ROUND = 5;

export interface StatePlan {
  readonly series: number;
  readonly periodSeconds: number;
  /** Of 100 series, so many have a history. */
  readonly latePercent: number;
}

/**
 * Series that report in turn for the allowed lateness and half as long again, so that all hold as much as they ever do. The checkpoint that is measured is the
 * second one: those of a service are not the first of their code to run, either.
 */
export function measureState(kind: DetectorKind, plan: StatePlan): MeasuredState {
  const { series: count, periodSeconds, latePercent } = plan;
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
  const feed = (round: number): void => {
    const atS = START_S + round * periodSeconds;
    const late = round === LATE_ROUND ? latePercent : 0;
    stream.process(batchAt({ keys, seriesIndex, atS, round, late, periodSeconds }), atS * 1000);
  };
  for (let round = 0; round < rounds; round++) feed(round);
  const processing = secondsSince(startedAt);
  const after = memory();
  for (const { state } of stream.takeChanges()) if (state === undefined) throw new Error('a series is gone');
  feed(rounds);
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
  readonly late: number;
  readonly periodSeconds: number;
}

function batchAt({ keys, seriesIndex, atS, round, late, periodSeconds }: Round): ReadingBatch {
  const lateUs = 1.5e6 * periodSeconds;
  return {
    series: keys,
    seriesIndex,
    timeUs: Float64Array.from(keys, (_, i) => atS * 1e6 + i - (i % 100 < late ? lateUs : 0)),
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
