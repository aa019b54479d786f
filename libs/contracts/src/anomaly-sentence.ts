import type { Anomaly, Finding } from './anomalies';
import type { Metric } from './metrics';
import { isOfLimit, limitDecimals, limitInWords } from './limit-wording';
import { lengthInWords, shortNumber, withUnit } from './quantities';

/** What is told of an anomaly; `explanation` is the sentence without names and units. */
export type ToldAnomaly = Omit<Anomaly, 'explanation' | 'counterfactual'> & Partial<Anomaly>;

/** What people call a metric, and its unit. */
export type MetricNaming = Pick<Metric, 'displayName' | 'unit'>;

const MOST_DECIMALS = 12;

/**
 * What a technician would say: "pump-7 pressure 9.8 bar; expected 4.1–5.3; a jump 31 times larger than usual; began 14:02:10 UTC, lasted 48 s."
 * Names and units are joined where it is shown, so that a correction of them holds for the past as well. An anomaly of before, which has no
 * `finding`, is told as it was.
 */
export function anomalySentence(anomaly: ToldAnomaly, naming: MetricNaming = {}): string {
  const { finding, series, peakValue } = anomaly;
  if (finding === undefined) return anomaly.explanation ?? '';
  const decimals = decimalsOf(anomaly, finding);
  const text = (x: number): string => fixed(x, decimals);
  const quantity = (x: number): string => withUnit(text(x), naming.unit);
  return [
    `${series.device} ${naming.displayName ?? series.metric} ${quantity(peakValue)}`,
    isOfLimit(finding)
      ? limitInWords(anomaly, finding, { text, quantity })
      : expectation(anomaly, finding, { text, quantity }),
    reasonOf(anomaly, finding),
    `began ${anomaly.began.slice(11, 19)} UTC${course(anomaly)}.`,
  ].join('; ');
}

/** What a detector would not have flagged. */
function expectation(
  { expectedMin, expectedMax }: ToldAnomaly,
  { kind, observed }: Finding,
  { text, quantity }: Record<'text' | 'quantity', (x: number) => string>,
): string {
  const range = rangeInWords(expectedMin, expectedMax, text);
  if (kind === 'stuck') return `usual ${range}`;
  if (kind === 'level') return `the mean of the last readings is ${quantity(observed)}, expected ${range}`;
  return `expected ${range}`;
}

function rangeInWords(min: number | null, max: number | null, text: (x: number) => string): string {
  if (min !== null && max !== null) return `${text(min)}–${text(max)}`;
  if (max !== null) return `at most ${text(max)}`;
  return min === null ? 'any value' : `at least ${text(min)}`;
}

/** Of a limit that a series is beyond, also for how long so far. */
function reasonOf({ state, durationSeconds }: ToldAnomaly, finding: Finding): string {
  const isSoFar = isOfLimit(finding) && state === 'open' && durationSeconds > 0;
  return isSoFar ? `${finding.reason} for ${lengthInWords(durationSeconds)}` : finding.reason;
}

function course({ state, revision, durationSeconds }: ToldAnomaly): string {
  if (state === 'withdrawn') return '; withdrawn, as readings that came late have changed the verdict';
  if (state === 'open') return revision === 0 ? '' : ', going on';
  return durationSeconds > 0 ? `, lasted ${lengthInWords(durationSeconds)}` : ', a single reading';
}

/** So many that the bounds of the range differ by ten steps or more, and that what is out of it looks so. */
function decimalsOf(anomaly: ToldAnomaly, finding: Finding): number {
  if (isOfLimit(finding)) return limitDecimals(anomaly, finding, MOST_DECIMALS);
  const { peakValue } = anomaly;
  const [expectedMin, expectedMax] = [anomaly.expectedMin ?? -Infinity, anomaly.expectedMax ?? Infinity];
  const { kind, observed } = finding;
  const width = expectedMax - expectedMin;
  if (!(width > 0 && width < Infinity)) return MOST_DECIMALS;
  let decimals = Math.max(0, 1 - Math.floor(Math.log10(width)));
  if (kind === 'stuck') return Math.min(decimals, MOST_DECIMALS);
  const outside = kind === 'level' ? observed : peakValue;
  while (decimals < MOST_DECIMALS && looksInside(outside, expectedMin, expectedMax, decimals)) decimals += 1;
  return Math.min(decimals, MOST_DECIMALS);
}

function looksInside(x: number, min: number, max: number, decimals: number): boolean {
  const rounded = Number(x.toFixed(decimals));
  return rounded >= Number(min.toFixed(decimals)) && rounded <= Number(max.toFixed(decimals));
}

function fixed(x: number, decimals: number): string {
  const isTiny = x !== 0 && Math.abs(x) < 1e-6;
  if (isTiny || Math.abs(x) >= 1e15) return shortNumber(x);
  return decimals >= MOST_DECIMALS ? String(Number(x.toPrecision(6))) : String(Number(x.toFixed(decimals)));
}
