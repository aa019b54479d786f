/** Four significant digits; whole numbers from 10 on where these are fewer. */
export function inWords(ratio: number): string {
  return ratio >= 10 && ratio < 1e6 ? String(Math.round(ratio)) : short(ratio);
}

/** Four significant digits. */
export function short(x: number): string {
  return String(Number(x.toPrecision(4)));
}
