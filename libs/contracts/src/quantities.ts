/** As it is customary: these stand at the number itself. */
const WITHOUT_SPACE = new Set(['%', '°', '′', '″']);

/** A number in words and its unit, where there is one. */
export function withUnit(text: string, unit: string | undefined, space = ' '): string {
  if (unit === undefined) return text;
  return `${text}${WITHOUT_SPACE.has(unit) ? '' : space}${unit}`;
}

/** Four significant digits. */
export function shortNumber(x: number): string {
  return String(Number(x.toPrecision(4)));
}
