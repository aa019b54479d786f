import { parseArgs } from 'node:util';
import { DETECTORS, detectorKind } from '@tidewatch/anomaly-detection';
import { calibrationReport } from './calibration';
import { DatasetError, loadDataset } from './data/dataset';
import { evaluate } from './evaluation';
import { LEGEND, report, speedReport } from './report';
import { writeResults } from './results';
import { BASELINES, productScorer } from './scorers';
import { speedOf } from './speed';

const USAGE = `Runs a detector over labelled series and says how well it found what was labelled.

  npm run benchmark -- detection <folder> [options]

  <folder>                  in the layout of the Numenta Anomaly Benchmark: data/<category>/<file>.csv (timestamp,value) and
                            labels/combined_windows.json
  --detector <name>         one of ${DETECTORS.map(({ name }) => name).join(', ')} (default ${DETECTORS[0]!.name})
  --threshold <0…1>         scores from here on are alarms (default 0.5)
  --results <folder>        also write a result file per series, as NAB's own scorer reads them
  --calibration             no folder: how many alarms series without a fault raise, beside how many are accepted
  --speed                   also measure readings a second and memory a series
  --json                    figures as JSON instead of a table
  --help                    this text
`;

const SPEED_SERIES = [1_000, 10_000];

/** Resolves to the exit code. */
export function detectionBenchmark(args: readonly string[]): number {
  let options;
  try {
    options = readOptions(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nSee npm run benchmark -- detection --help.\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (options.calibration) {
    process.stdout.write(calibrationReport(options.kind));
    return 0;
  }
  try {
    run(options);
    return 0;
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

function readOptions(args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      detector: { type: 'string', default: DETECTORS[0]!.name },
      threshold: { type: 'string', default: '0.5' },
      results: { type: 'string' },
      calibration: { type: 'boolean', default: false },
      speed: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const threshold = Number(values.threshold);
  if (!(threshold > 0 && threshold <= 1)) {
    throw new Error(`--threshold takes a number above 0 and up to 1, not "${values.threshold}".`);
  }
  const needsFolder = !values.help && !values.calibration;
  if (needsFolder && positionals.length !== 1) throw new Error('Name one folder of labelled series.');
  return { ...values, threshold, folder: positionals[0] ?? '', kind: detectorKind(values.detector) };
}

function run(options: ReturnType<typeof readOptions>): void {
  const dataset = loadDataset(options.folder);
  const kinds = [productScorer(options.kind), ...BASELINES];
  const evaluations = kinds.map((kind) => evaluate(kind, dataset, options.threshold));
  const results = options.results;
  if (results !== undefined) {
    dataset.forEach((series, i) =>
      writeResults(results, options.kind.name, series, evaluations[0]!.scores[i]!),
    );
  }
  const speeds = options.speed ? SPEED_SERIES.map((series) => speedOf(options.kind, series)) : [];
  if (options.json) {
    const figures = evaluations.map(({ name, nab, heldOut, events, categories }) => {
      return { name, nab, heldOut, events, categories: Object.fromEntries(categories) };
    });
    process.stdout.write(`${JSON.stringify({ folder: options.folder, figures, speeds }, null, 1)}\n`);
    return;
  }
  process.stdout.write(`${report(dataset, evaluations, options.threshold)}\n\n${LEGEND}\n`);
  if (results !== undefined) process.stdout.write(`\nResult files: ${results}\n`);
  if (speeds.length > 0) process.stdout.write(`\n${speedReport(speeds)}\n`);
}
