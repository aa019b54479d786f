import type { LabelledSeries } from './data/dataset';
import type { Evaluation, Figures } from './evaluation';
import { NAB_PROFILES, type NabProfile } from './scores/nab-score';
import type { Speed } from './speed';

const PROFILES = Object.keys(NAB_PROFILES) as NabProfile[];
const count = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

const NAME_WIDTH = 34;

/** The figures of the product's detector, per category and in all, with the baselines below. */
export function report(
  dataset: readonly LabelledSeries[],
  evaluations: readonly Evaluation[],
  threshold: number,
): string {
  const [product, ...baselines] = evaluations;
  const rows = dataset.reduce((sum, { values }) => sum + values.length, 0);
  const windows = dataset.reduce((sum, series) => sum + series.windows.length, 0);
  const lines = [
    `${dataset.length} series, ${count.format(rows)} readings, ${windows} labelled windows; alarms at scores from ${threshold} on`,
    '',
    heading(product!.name),
    ...[...product!.categories].map(([name, figures]) => row(name, figures)),
    row('in all', product!),
    heldOutRow(product!),
    '',
    heading('baselines'),
    ...baselines.map((baseline) => row(baseline.name, baseline)),
  ];
  return lines.join('\n');
}

/** What each column of `report` says. */
export const LEGEND = `NAB: standard / low-FP / low-FN profile, 0 is no alarm at all, 100 perfect. F1, P, R: alarm events against windows (recall in windows).
FA/10k: false alarm events per 10,000 readings. In alarm: share of readings in alarm outside windows. Delay: median time from the beginning of a window to its first alarm.`;

function heading(name: string): string {
  const columns = ['NAB standard', 'low FP', 'low FN', 'F1', 'P', 'R', 'FA/10k', 'in alarm', 'delay'];
  return name.padEnd(NAME_WIDTH) + columns.map((column, i) => column.padStart(i === 0 ? 13 : 9)).join('');
}

function row(name: string, { nab, events }: Figures): string {
  const cells = [
    ...PROFILES.map((profile) => nab[profile].toFixed(2)),
    events.f1.toFixed(3),
    events.precision.toFixed(2),
    events.recall.toFixed(2),
    events.falseAlarmsPer10k.toFixed(2),
    `${(events.falseAlarmShare * 100).toFixed(2)}%`,
    duration(events.medianDelayUs),
  ].map((cell) => (cell.startsWith('NaN') ? '–' : cell));
  return `  ${name}`.padEnd(NAME_WIDTH) + cells.map((cell, i) => cell.padStart(i === 0 ? 13 : 9)).join('');
}

function heldOutRow({ heldOut }: Evaluation): string {
  const cells = PROFILES.map((profile, i) => heldOut[profile].toFixed(2).padStart(i === 0 ? 13 : 9));
  return '  threshold of the other folds'.padEnd(NAME_WIDTH) + cells.join('');
}

function duration(us: number): string {
  if (Number.isNaN(us)) return '–';
  const seconds = us / 1e6;
  if (seconds < 1) return `${(seconds * 1000).toFixed(0)} ms`;
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(0)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

export function speedReport(speeds: readonly Speed[]): string {
  return speeds
    .map(
      ({ series, readingsPerSecond, bytesPerSeries, snapshotBytes }) =>
        `${count.format(series)} interleaved series: ${(readingsPerSecond / 1e6).toFixed(2)} million readings/s on one core, ` +
        `${count.format(bytesPerSeries)} bytes of memory a series (snapshot ${count.format(snapshotBytes)} bytes)`,
    )
    .join('\n');
}
