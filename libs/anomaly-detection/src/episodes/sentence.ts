import { short } from '../wording';
import { durationUs, type Episode, type Peak } from './episode';
import { scoreOf } from './severity';

/** What people call a series. */
export interface Naming {
  readonly device: string;
  readonly metric: string;
  readonly unit?: string | undefined;
}

const MOST_DECIMALS = 12;

/** What a technician would say: "pump-7 pressure 9.8 bar; expected 4.1–5.3; a jump 31 times larger than usual; began 14:02:10 UTC, lasted 48 s." */
export function episodeSentence(episode: Readonly<Episode>, { device, metric, unit }: Naming): string {
  const { peak } = episode;
  const decimals = decimalsOf(peak);
  const text = (x: number): string => fixed(x, decimals);
  const quantity = (x: number): string => (unit === undefined ? text(x) : `${text(x)} ${unit}`);
  const range = `${text(peak.expectedMin)}–${text(peak.expectedMax)}`;
  const expected = {
    value: `expected ${range}`,
    level: `the mean of the last readings is ${quantity(peak.observed)}, expected ${range}`,
    stuck: `usual ${range}`,
  }[peak.cause];
  return [
    `${device} ${metric} ${quantity(peak.value)}`,
    expected,
    peak.reason,
    `began ${clock(episode.beganUs)} UTC${course(episode)}.`,
  ].join('; ');
}

/** The threshold at which it would not have fired. */
export function episodeCounterfactual({ peak }: Readonly<Episode>): string {
  const score = Math.ceil(scoreOf(peak.ratio) * 1e4) / 1e4;
  return `It would not have fired at a threshold above ${score} (limits ${short(peak.ratio)} times as wide).`;
}

/** "48 s", "3 min 20 s", "2 h 5 min". */
export function lengthInWords(us: number): string {
  const seconds = us / 1e6;
  if (seconds < 10) return `${short(Math.max(seconds, 0.001))} s`;
  const whole = Math.round(seconds);
  const parts = ([['d', 86_400], ['h', 3_600], ['min', 60], ['s', 1]] as const) // prettier-ignore
    .map(
      ([unit, size], i, units) =>
        [Math.floor((i === 0 ? whole : whole % units[i - 1]![1]) / size), unit] as const,
    );
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

function course(episode: Readonly<Episode>): string {
  if (episode.endedUs === null) return episode.revision === 0 ? '' : ', going on';
  const length = durationUs(episode);
  return length > 0 ? `, lasted ${lengthInWords(length)}` : ', a single reading';
}

function clock(us: number): string {
  return new Date(us / 1000).toISOString().slice(11, 19);
}

/** So many that the bounds of the range differ by ten steps or more, and that what is out of it looks so. */
function decimalsOf({ expectedMin, expectedMax, value, observed, cause }: Readonly<Peak>): number {
  const width = expectedMax - expectedMin;
  if (!(width > 0 && width < Infinity)) return MOST_DECIMALS;
  let decimals = Math.max(0, 1 - Math.floor(Math.log10(width)));
  if (cause === 'stuck') return Math.min(decimals, MOST_DECIMALS);
  const outside = cause === 'level' ? observed : value;
  while (decimals < MOST_DECIMALS && looksInside(outside, expectedMin, expectedMax, decimals)) decimals += 1;
  return Math.min(decimals, MOST_DECIMALS);
}

function looksInside(x: number, min: number, max: number, decimals: number): boolean {
  const rounded = Number(x.toFixed(decimals));
  return rounded >= Number(min.toFixed(decimals)) && rounded <= Number(max.toFixed(decimals));
}

function fixed(x: number, decimals: number): string {
  const isTiny = x !== 0 && Math.abs(x) < 1e-6;
  if (isTiny || Math.abs(x) >= 1e15) return short(x);
  return decimals >= MOST_DECIMALS ? String(Number(x.toPrecision(6))) : String(Number(x.toFixed(decimals)));
}
