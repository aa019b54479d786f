import { type Metric, withUnit } from '@tidewatch/contracts';

const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 6 });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const clockMinutes = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const dateAndClock = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'medium',
  hourCycle: 'h23',
});

/** Six significant digits, and all before the point: a counter moves by ones. Very large and very small numbers with an exponent. */
export function formatValue(value: number): string {
  const magnitude = Math.abs(value);
  if (value !== 0 && (magnitude >= 1e12 || magnitude < 1e-4)) return value.toPrecision(4);
  return (magnitude >= 1e6 ? whole : number).format(value);
}

const NO_BREAK_SPACE = '\u00a0';

/** How a metric is shown. */
export type Measure = Pick<Metric, 'unit' | 'decimals'> | undefined;

/** A value with the digits and the unit of its metric. */
export function formatQuantity(value: number, measure: Measure): string {
  return withUnit(formatDigits(value, measure), measure?.unit, NO_BREAK_SPACE);
}

/** A value that was computed, such as a mean: more digits than four would promise too much. */
export function formatMean(value: number, measure: Measure): string {
  if (measure?.decimals !== undefined) return formatQuantity(value, measure);
  return withUnit(formatValue(Number(value.toPrecision(4))), measure?.unit, NO_BREAK_SPACE);
}

/** Digits after the point as the metric says. A value that they would not show at all keeps its own. */
function formatDigits(value: number, measure: Measure): string {
  const digits = measure?.decimals;
  if (digits === undefined || Math.abs(value) >= 1e12) return formatValue(value);
  if (value !== 0 && Math.abs(value) < 0.5 * 10 ** -digits) return formatValue(value);
  return fixed(digits).format(value);
}

const fixedFormats = new Map<number, Intl.NumberFormat>();

function fixed(digits: number): Intl.NumberFormat {
  let format = fixedFormats.get(digits);
  if (!format) {
    format = new Intl.NumberFormat('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
    fixedFormats.set(digits, format);
  }
  return format;
}

/** Local time of day without a date; seconds only where they matter. */
export function formatTick(timeMs: number, stepMs: number): string {
  return (stepMs < 60_000 ? clock : clockMinutes).format(new Date(timeMs));
}

/** Local time of day, with the date unless it is today's. */
export function formatTime(timeMs: number, nowMs: number): string {
  const time = new Date(timeMs);
  const sameDay = time.toDateString() === new Date(nowMs).toDateString();
  return sameDay ? clock.format(time) : dateAndClock.format(time);
}

const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** `now`, `12 s ago`, `3 min ago`, `in 5 min` (a device whose clock is ahead). */
export function formatAge(timeMs: number, nowMs: number): string {
  const age = nowMs - timeMs;
  const size = Math.abs(age);
  const [unit, unitMs] = UNITS.find(([, ms]) => size >= ms) ?? ['s', 1_000];
  const count = Math.floor(size / unitMs);
  if (count === 0 || (age < 0 && size < 5_000)) return 'now';
  return age > 0 ? `${count} ${unit} ago` : `in ${count} ${unit}`;
}

/** `48 s`, `3 min`: the largest whole unit. */
export function formatLength(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, size]) => ms >= size) ?? ['s', 1_000];
  return ms < 1_000 ? 'less than 1 s' : `${Math.floor(ms / unitMs)} ${unit}`;
}

/** A reading is stale when the device has been silent for so long. */
const STALE_AFTER_MS = 5 * 60_000;

export function isStale(timeMs: number, nowMs: number): boolean {
  return nowMs - timeMs > STALE_AFTER_MS;
}
