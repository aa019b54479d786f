import type { Verdict } from '../../detector';

/** "92.1, expected 24.8 to 26.3; a jump 31 times larger than usual": numbers to four significant digits. */
export function explainDeviation(value: number, verdict: Verdict): string {
  const range = `${short(value)}, expected ${short(verdict.expectedMin)} to ${short(verdict.expectedMax)}`;
  if (verdict.deviation === Infinity) return `${range}; the first change of a constant series`;
  return `${range}; a jump ${times(verdict.deviation)} times larger than usual`;
}

function short(x: number): string {
  return String(Number(x.toPrecision(4)));
}

function times(ratio: number): string {
  return ratio >= 10 && ratio < 1e6 ? String(Math.round(ratio)) : short(ratio);
}
