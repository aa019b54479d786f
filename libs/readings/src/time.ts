const US_PER_SECOND = 1_000_000;
const US_PER_DAY = 86_400 * US_PER_SECOND;
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const [ZERO, NINE, DOT, PLUS, MINUS, COLON] = [0x30, 0x39, 0x2e, 0x2b, 0x2d, 0x3a];

/**
 * Microseconds since the epoch of an RFC 3339 date-time, or of a number of milliseconds since the epoch (fractions
 * allowed, rounded to the nearest microsecond). NaN when it is neither. The result may lie outside of `LIMITS`: the
 * caller decides about the range.
 *
 * Text: `T` may be in lower case or a blank, `Z` in lower case. Digits behind the microsecond are cut off. A second of
 * 60 is taken only where a leap second can be, at 23:59 UTC on the last day of a month, and is the same instant as the
 * following 00:00:00, as in POSIX time.
 * @see https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
export function parseTime(time: string | number): number {
  return typeof time === 'number' ? timeUsOfMs(time) : timeUsOfText(time);
}

/** RFC 3339 in UTC with six digits of fraction, for times from year 0 to 9999. Throws `RangeError` on others. */
export function formatTimeUs(timeUs: number): string {
  const belowMs = ((timeUs % 1000) + 1000) % 1000;
  const iso = new Date((timeUs - belowMs) / 1000).toISOString();
  if (iso.length !== 24) throw new RangeError(`No four-digit year: ${timeUs} µs`);
  return `${iso.slice(0, 23)}${String(belowMs).padStart(3, '0')}Z`;
}

/** The fraction is split off before it is scaled, so three decimals are exact for all times that `LIMITS` admits. */
function timeUsOfMs(ms: number): number {
  const whole = Math.floor(ms);
  return whole * 1000 + Math.round((ms - whole) * 1000);
}

function timeUsOfText(text: string): number {
  if (text.length < 20 || !hasSeparators(text)) return NaN;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  // A field that is not all digits is NaN, and each comparison with it is false.
  const inRange = month >= 1 && month <= 12 && day >= 1 && hour <= 23 && minute <= 59 && second <= 60;
  if (!inRange || !(day <= daysInMonth(year, month))) return NaN;

  const fractionEnd = endOfFraction(text);
  const offsetMinutes = utcOffsetMinutes(text, fractionEnd);
  const wholeSecond =
    daysFromCivil(year, month, day) * US_PER_DAY +
    ((hour * 60 + minute - offsetMinutes) * 60 + second) * US_PER_SECOND;
  if (second === 60 && !isEndOfMonth(wholeSecond)) return NaN;
  return wholeSecond + fractionUs(text, fractionEnd);
}

function hasSeparators(text: string): boolean {
  const t = text.charCodeAt(10);
  return (
    text.charCodeAt(4) === MINUS &&
    text.charCodeAt(7) === MINUS &&
    (t === 0x54 || t === 0x74 || t === 0x20) &&
    text.charCodeAt(13) === COLON &&
    text.charCodeAt(16) === COLON
  );
}

function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let i = from; i < from + count; i++) {
    const code = text.charCodeAt(i);
    if (!(code >= ZERO && code <= NINE)) return NaN;
    value = value * 10 + (code - ZERO);
  }
  return value;
}

/** Index behind the fraction, which begins at 19 when there is one; -1 (where no character is) when it has no digit. */
function endOfFraction(text: string): number {
  if (text.charCodeAt(19) !== DOT) return 19;
  let i = 20;
  while (isDigit(text.charCodeAt(i))) i += 1;
  return i === 20 ? -1 : i;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

function fractionUs(text: string, end: number): number {
  let value = 0;
  for (let i = 20; i < 26; i++) value = value * 10 + (i < end ? text.charCodeAt(i) - ZERO : 0);
  return value;
}

/** Offset from UTC at the end of the text; NaN when it is not one. */
function utcOffsetMinutes(text: string, at: number): number {
  const sign = text.charCodeAt(at);
  if (sign === 0x5a || sign === 0x7a) return text.length === at + 1 ? 0 : NaN;
  if (sign !== PLUS && sign !== MINUS) return NaN;
  if (text.length !== at + 6 || text.charCodeAt(at + 3) !== COLON) return NaN;
  const hours = digits(text, at + 1, 2);
  const minutes = digits(text, at + 4, 2);
  if (!(hours <= 23 && minutes <= 59)) return NaN;
  return (hours * 60 + minutes) * (sign === MINUS ? -1 : 1);
}

function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : DAYS_IN_MONTH[month - 1]!;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/**
 * Days from 1970-01-01 in the proleptic Gregorian calendar, by the algorithm of Howard Hinnant.
 * @see https://howardhinnant.github.io/date_algorithms.html#days_from_civil
 */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Whether the instant is 00:00:00 UTC on the first day of a month. */
function isEndOfMonth(timeUs: number): boolean {
  return timeUs % US_PER_DAY === 0 && new Date(timeUs / 1000).getUTCDate() === 1;
}
