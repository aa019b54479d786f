import { type Detector, type DetectorKind, newVerdict, observe } from '@tidewatch/anomaly-detection';

export interface Speed {
  readonly series: number;
  readonly readingsPerSecond: number;
  /** Heap and buffers per series, from the difference before and after; needs `--expose-gc` to be exact. */
  readonly bytesPerSeries: number;
  readonly snapshotBytes: number;
}

const WARM_READINGS = 600;
const MEASURED_READINGS = 3_000_000;
const MINUTE_US = 60_000_000;
const WAVES = 1024;

/** One reading of each series in turn, as they come off the log; values made beforehand. */
export function measureSpeed(kind: DetectorKind, series: number): Speed {
  const before = memory();
  const detectors: Detector[] = [];
  for (let i = 0; i < series; i++) detectors.push(kind.create());
  const values = Float64Array.from(
    { length: WAVES },
    (_, i) => 20 + 3 * Math.sin(i / 37) + Math.sin(i * 12.9898) ** 5,
  );
  const rounds = Math.max(1, Math.round(MEASURED_READINGS / series));
  feed(detectors, values, { from: 0, rounds: WARM_READINGS });
  const after = memory();
  const startedAt = performance.now();
  feed(detectors, values, { from: WARM_READINGS, rounds });
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    series,
    readingsPerSecond: (rounds * series) / seconds,
    bytesPerSeries: (after - before) / series,
    snapshotBytes: detectors[0]!.snapshot().length,
  };
}

function feed(
  detectors: readonly Detector[],
  values: Float64Array,
  { from, rounds }: { from: number; rounds: number },
): void {
  const verdict = newVerdict();
  for (let round = from; round < from + rounds; round++) {
    for (let i = 0; i < detectors.length; i++) {
      observe(detectors[i]!, round * MINUTE_US, values[(round * 7 + i * 31) % WAVES]!, verdict);
    }
  }
}

function memory(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
