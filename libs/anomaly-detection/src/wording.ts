import { shortNumber } from '@tidewatch/contracts';

/** Four significant digits; whole numbers from 10 on where these are fewer. */
export function inWords(ratio: number): string {
  return ratio >= 10 && ratio < 1e6 ? String(Math.round(ratio)) : shortNumber(ratio);
}
