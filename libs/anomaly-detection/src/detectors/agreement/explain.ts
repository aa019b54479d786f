import type { Verdict } from '../../detector';
import { SETTINGS } from './settings';

/**
 * "92.1, expected 24.8 to 26.31; 31 times further from its usual level than usual", or of a level: "90.2 on average over the last
 * 8 readings, expected …". Numbers to four significant digits.
 */
export function explainAgreement(value: number, verdict: Verdict): string {
  const range = `expected ${short(verdict.expectedMin)} to ${short(verdict.expectedMax)}`;
  if (verdict.cause === 'level') {
    const mean = `${short(verdict.observed)} on average over the last ${SETTINGS.shortReadings} readings`;
    return `${mean}, ${range}; the level has moved ${times(verdict.deviation)} as usual`;
  }
  if (verdict.cause === 'stuck')
    return `${short(value)} and no change any more, ${ratio(verdict.deviation)} times as long as ever before`;
  if (verdict.deviation === Infinity)
    return `${short(value)}, ${range}; a first change after a constant stretch`;
  return `${short(value)}, ${range}; ${times(verdict.deviation)} from the usual level as usual`;
}

function short(x: number): string {
  return String(Number(x.toPrecision(4)));
}

function times(deviation: number): string {
  return `${ratio(deviation)} times as far`;
}

function ratio(x: number): string {
  return x >= 10 && x < 1e6 ? String(Math.round(x)) : short(x);
}
