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

/** "48 s", "3 min 20 s", "2 h 5 min". */
export function lengthInWords(seconds: number): string {
  if (seconds < 10) return `${shortNumber(Math.max(seconds, 0.001))} s`;
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
