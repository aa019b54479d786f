import { ALARM_SCORE, type DetectorKind, newVerdict, observe } from '@tidewatch/anomaly-detection';
import { CLEAN_SERIES, type CleanSeries } from './data/clean-series';

const DAY_S = 86_400;
const WEEK_S = 7 * DAY_S;
const YEAR_S = 365 * DAY_S;
const SEED = 101;
/** Alarms a week that are accepted of a device. */
const BUDGET = 1;

interface Setting {
  readonly name: string;
  readonly stepS: number;
  readonly seconds: number;
  /** Of the device that the series belongs to. */
  readonly series: number;
}

const SETTINGS: readonly Setting[] = [
  { name: 'one reading an hour, a year', stepS: 3_600, seconds: YEAR_S, series: 1 },
  { name: 'one a minute, a year', stepS: 60, seconds: YEAR_S, series: 1 },
  { name: 'one a second, of 19 series, two weeks', stepS: 1, seconds: 2 * WEEK_S, series: 19 },
];

/** Alarms a week, in the first day apart. */
interface Alarms {
  readonly all: number;
  readonly firstDay: number;
}

function alarmsPerWeek(kind: DetectorKind, at: CleanSeries, { stepS, seconds, series }: Setting): Alarms {
  const detector = kind.create();
  detector.budget(BUDGET / series);
  const verdict = newVerdict();
  let [all, firstDay] = [0, 0];
  for (let second = 0; second < seconds; second += stepS) {
    observe(detector, second * 1e6, at(second), verdict);
    if (verdict.score < ALARM_SCORE) continue;
    all += 1;
    if (second < DAY_S) firstDay += 1;
  }
  const weeks = seconds / WEEK_S;
  return { all: all / weeks, firstDay: firstDay / weeks };
}

/** Series of every kind, and with more than these of the first ones again, each time from another seed. */
function seriesOf(count: number): readonly (readonly [string, CleanSeries])[] {
  const kinds = Object.entries(CLEAN_SERIES);
  return Array.from({ length: Math.max(count, kinds.length) }, (_, i) => {
    const [name, make] = kinds[i % kinds.length]!;
    return [name, make(SEED + Math.floor(i / kinds.length))] as const;
  });
}

function line(name: string, { all, firstDay }: Alarms): string {
  return `  ${name.padEnd(32)}${all.toFixed(2).padStart(8)}${firstDay.toFixed(2).padStart(12)}`;
}

function added(a: Alarms, b: Alarms): Alarms {
  return { all: a.all + b.all, firstDay: a.firstDay + b.firstDay };
}

/** How many alarms series without a fault raise, beside how many are accepted. */
export function calibrationReport(kind: DetectorKind): string {
  const blocks = SETTINGS.map((setting) => {
    const { name, series } = setting;
    const accepted = (BUDGET / series).toFixed(2);
    const measured = seriesOf(series).map(([of, at]) => ({
      of,
      alarms: alarmsPerWeek(kind, at, setting),
    }));
    const lines = [
      `${kind.name}, ${name}: alarms a week, accepted ${accepted}; of these in the first day`,
      ...measured.map(({ of, alarms }) => line(of, alarms)),
    ];
    if (series > 1) {
      const device = measured.map(({ alarms }) => alarms).reduce(added);
      lines.push(line(`the device, accepted ${BUDGET}`, device));
    }
    return lines.join('\n');
  });
  return `${blocks.join('\n\n')}\n`;
}
