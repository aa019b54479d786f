import { type DetectorKind, newVerdict, observe } from '@tidewatch/anomaly-detection';
import { CLEAN_SERIES, type CleanSeries } from './data/clean-series';

const WEEK_S = 604_800;
const YEAR_S = 365 * 86_400;
const SEED = 101;

interface Setting {
  readonly name: string;
  readonly stepS: number;
  readonly seconds: number;
  /** Alarms accepted of the series in a week. */
  readonly budget: number;
}

const SETTINGS: readonly Setting[] = [
  { name: 'one reading a minute, a year', stepS: 60, seconds: YEAR_S, budget: 1 },
  { name: 'one a second, one of 19 series, two weeks', stepS: 1, seconds: 2 * WEEK_S, budget: 1 / 19 },
  { name: 'one an hour, a year', stepS: 3_600, seconds: YEAR_S, budget: 1 },
];

function alarmsPerWeek(kind: DetectorKind, series: CleanSeries, { stepS, seconds, budget }: Setting): number {
  const detector = kind.create();
  detector.budget(budget);
  const verdict = newVerdict();
  let alarms = 0;
  for (let second = 0; second < seconds; second += stepS) {
    observe(detector, second * 1e6, series(second), verdict);
    if (verdict.score >= 0.5) alarms += 1;
  }
  return (alarms * WEEK_S) / seconds;
}

/** How many alarms series without a fault raise, beside how many are accepted. */
export function calibrationReport(kind: DetectorKind): string {
  const lines = SETTINGS.flatMap((setting) => [
    `${kind.name}, ${setting.name}: alarms a week, accepted ${setting.budget.toFixed(2)}`,
    ...Object.entries(CLEAN_SERIES).map(([name, make]) => {
      const measured = alarmsPerWeek(kind, make(SEED), setting);
      return `  ${name.padEnd(32)}${measured.toFixed(2).padStart(8)}`;
    }),
    '',
  ]);
  return lines.join('\n');
}
