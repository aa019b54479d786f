import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { type Detector, type DetectorKind, newVerdict } from '@tidewatch/anomaly-detection';

export interface Speed {
  readonly series: number;
  readonly readingsPerSecond: number;
  /** Heap and buffers per series, from the difference before and after. */
  readonly bytesPerSeries: number;
  readonly snapshotBytes: number;
}

/** Of each series, and of all, before what is measured: by then all is compiled as it will be for years. */
const WARM_READINGS = 600;
const WARM_ALL = 3_000_000;
const MEASURED_READINGS = 3_000_000;
const MINUTE_US = 60_000_000;
const WAVES = 1024;

/** In a process of its own, with the flags of this one: what else was compiled and collected here is not measured. */
export function speedOf(kind: DetectorKind, series: number): Speed {
  const flags = [...process.execArgv, '--expose-gc'];
  const script = path.join(__dirname, 'speed-process.js');
  const said = execFileSync(process.execPath, [...flags, script, kind.name, String(series)]);
  return JSON.parse(said.toString()) as Speed;
}

/** One reading of each series in turn, as they come off the log; values made beforehand. Needs `--expose-gc`. */
export function measureSpeed(kind: DetectorKind, series: number): Speed {
  const before = memory();
  const detectors: Detector[] = [];
  for (let i = 0; i < series; i++) detectors.push(kind.create());
  const values = Float64Array.from(
    { length: WAVES },
    (_, i) => 20 + 3 * Math.sin(i / 37) + Math.sin(i * 12.9898) ** 5,
  );
  const rounds = Math.max(1, Math.round(MEASURED_READINGS / series));
  const warmRounds = Math.max(WARM_READINGS, Math.round(WARM_ALL / series));
  feed(detectors, values, { from: 0, rounds: warmRounds });
  const startedAt = performance.now();
  feed(detectors, values, { from: warmRounds, rounds });
  const seconds = (performance.now() - startedAt) / 1000;
  const after = memory();
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
  for (let round = from; round < from + rounds; round++) feedRound(detectors, values, round);
}

const verdict = newVerdict();

/** A function of its own, called many times like those of the service, so that it is compiled in the same way. */
function feedRound(detectors: readonly Detector[], values: Float64Array, round: number): void {
  const timeUs = round * MINUTE_US;
  for (let i = 0; i < detectors.length; i++) {
    const detector = detectors[i]!;
    detector.judge(timeUs, values[(round * 7 + i * 31) % WAVES]!, verdict);
    detector.learn();
  }
}

function memory(): number {
  globalThis.gc!();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
