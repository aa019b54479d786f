import type { Anomaly, Finding } from './anomalies';
import { lengthInWords, shortNumber } from './quantities';

/** How many digits of a value are shown at least. */
const SIGNIFICANT = 4;

type LimitFinding = Finding & { readonly kind: 'below' | 'above' | 'rate' | 'no-change' };
type Numbers = Pick<Anomaly, 'peakValue' | 'expectedMin' | 'expectedMax' | 'ratio'>;

/** Whether a static limit has raised it. */
export function isOfLimit(finding: Finding): finding is LimitFinding {
  const { kind } = finding;
  return kind === 'below' || kind === 'above' || kind === 'rate' || kind === 'no-change';
}

/** What would have been in range; `text` writes a value, `quantity` with its unit. */
export function limitInWords(
  { expectedMin, expectedMax, ratio }: Numbers,
  { kind, observed }: LimitFinding,
  { text, quantity }: Record<'text' | 'quantity', (x: number) => string>,
): string {
  if (kind === 'below') return `limit ${text(expectedMin ?? -Infinity)}`;
  if (kind === 'above') return `limit ${text(expectedMax ?? Infinity)}`;
  if (kind === 'no-change') return `expected a change within ${lengthInWords(observed / ratio)}`;
  const rate = Math.abs(observed);
  return `${observed < 0 ? 'fell' : 'rose'} by ${quantity(rate)} a second, limit ${shortNumber(rate / ratio)}`;
}

/** Digits after the point, so many that a limit is shown as it was set, and the value beyond it. */
export function limitDecimals(
  { peakValue, expectedMin, expectedMax }: Numbers,
  { kind }: LimitFinding,
  most: number,
): number {
  if (kind === 'rate' || kind === 'no-change') return most;
  const limit = kind === 'below' ? expectedMin : expectedMax;
  if (limit === null) return most;
  const magnitude = Math.floor(Math.log10(Math.max(Math.abs(peakValue), Math.abs(limit))));
  let decimals = Math.max(0, SIGNIFICANT - 1 - magnitude, decimalsIn(limit));
  while (decimals < most && Number(peakValue.toFixed(decimals)) === limit) decimals += 1;
  return Math.min(decimals, most);
}

function decimalsIn(x: number): number {
  const [, decimals = ''] = String(x).split('.');
  return decimals.includes('e') ? 0 : decimals.length;
}
