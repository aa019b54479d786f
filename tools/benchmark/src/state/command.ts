import { parseArgs } from 'node:util';
import { DETECTORS, detectorKind } from '@tidewatch/anomaly-detection';
import { measureState, type StatePlan } from './measure-state';

const USAGE = `Measures what processing holds of series: bytes in memory and in a checkpoint, and the time that a checkpoint takes of the processor.

  npm run benchmark -- state [options]

  --series <n,…>            numbers of series (default 10000)
  --period <seconds>        event time between two readings of a series (default 1)
  --late <percent>          of the series, that have a reading out of order, so that a history of them is kept (default 0)
  --detector <name>         one of ${DETECTORS.map(({ name }) => name).join(', ')} (default ${DETECTORS[0]!.name})
  --help                    this text
`;

/** Returns the exit code. */
export function stateBenchmark(args: readonly string[]): number {
  let options;
  try {
    options = parseArgs({
      args: [...args],
      options: {
        series: { type: 'string', default: '10000' },
        period: { type: 'string', default: '1' },
        late: { type: 'string', default: '0' },
        detector: { type: 'string', default: DETECTORS[0]!.name },
        help: { type: 'boolean', default: false },
      },
    }).values;
    const counts = options.series.split(',').map(Number);
    const periodSeconds = Number(options.period);
    if (![...counts, periodSeconds].every((n) => Number.isInteger(n) && n > 0)) {
      throw new RangeError('--series and --period take whole numbers above 0');
    }
    const latePercent = Number(options.late);
    if (!Number.isInteger(latePercent) || latePercent < 0 || latePercent > 100) {
      throw new RangeError('--late takes a whole number from 0 to 100');
    }
    if (options.help) process.stdout.write(USAGE);
    else for (const series of counts) print({ series, periodSeconds, latePercent }, options.detector);
    return 0;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nSee npm run benchmark -- state --help.\n`);
    return 2;
  }
}

function print(plan: StatePlan, detector: string): void {
  const state = measureState(detectorKind(detector), plan);
  process.stdout.write(
    `${plan.series} series, a reading each ${plan.periodSeconds} s, ${plan.latePercent} % with a history, ${detector}: ${state.bytesPerSeries.toFixed(0)} bytes of memory and ` +
      `${state.storedBytesPerSeries.toFixed(0)} bytes of state a series; processing ${(state.secondsPerReading * 1e6).toFixed(2)} µs ` +
      `a reading, a checkpoint ${(state.secondsPerChange * 1e6).toFixed(1)} µs a changed series (before the database)\n`,
  );
}
