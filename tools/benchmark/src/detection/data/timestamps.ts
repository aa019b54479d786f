const FORM = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(Z|[+-]\d\d:?\d\d)?$/;
const NUMBER = /^\d+(?:\.\d+)?$/;

/**
 * Microseconds since the epoch of "2014-04-01 00:05:00", with or without a fraction, `T` or a zone (UTC without one), or of a number
 * of seconds since the epoch. Undefined for anything else.
 */
export function parseTimestampUs(text: string): number | undefined {
  const trimmed = text.trim();
  if (NUMBER.test(trimmed)) return Math.round(Number(trimmed) * 1e6);
  const found = FORM.exec(trimmed);
  if (!found) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = found;
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || s > 59) return undefined;
  const micros = Math.round(Number(`0.${fraction || '0'}`) * 1e6);
  return (Date.UTC(y, mo - 1, d, h, mi, s) - zoneOffsetMs(zone)) * 1000 + micros;
}

function zoneOffsetMs(zone: string): number {
  if (zone === 'Z') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  return sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))) * 60_000;
}
