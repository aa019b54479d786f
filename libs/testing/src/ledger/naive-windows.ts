import type { WindowAggregate } from '@tidewatch/contracts';

/** The content of a window without its id and revisions, which are the platform's own affair. */
export type WindowContent = Omit<WindowAggregate, 'id' | 'series' | 'revision' | 'final'>;

export interface NaiveWindows {
  /** Nothing can change them any more. */
  readonly final: WindowContent[];
  /** They may be published, and may be revised. */
  readonly provisional: WindowContent[];
}

const US_PER_MS = 1000;

/** Windows of one size, of which one begins every step. */
export interface WindowKind {
  readonly sizeMs: number;
  readonly stepMs: number;
}

/** Windows that end until then, milliseconds since the epoch. */
export interface Progress {
  readonly finalUntilMs: number;
  readonly publishedUntilMs: number;
}

/** Of all these series together: the last one of them decides what is final, the first one what may be published. */
export function progressOf(series: Iterable<ReadonlyMap<number, number>>, latenessMs: number): Progress {
  let [finalUntilMs, publishedUntilMs] = [Infinity, -Infinity];
  for (const readings of series) {
    let newestUs = -Infinity;
    for (const timeUs of readings.keys()) newestUs = Math.max(newestUs, timeUs);
    finalUntilMs = Math.min(finalUntilMs, newestUs / US_PER_MS - latenessMs);
    publishedUntilMs = Math.max(publishedUntilMs, newestUs / US_PER_MS);
  }
  return { finalUntilMs, publishedUntilMs };
}

/**
 * The windows of distinct readings (time in microseconds and value), in the simplest way there is: group, sort, add up. Of several values of one time the least is the
 * first and the greatest the last. Sums are added in extended precision (see `exactSum`), since the platform promises the correctly rounded sum whatever the order
 * of arrival.
 */
export function naiveWindows(
  readings: Iterable<readonly [timeUs: number, value: number]>,
  kind: WindowKind,
  { finalUntilMs, publishedUntilMs }: Progress,
): NaiveWindows {
  const { sizeMs, stepMs } = kind;
  const byStart = new Map<number, (readonly [timeUs: number, value: number])[]>();
  for (const [timeUs, value] of readings) {
    const timeMs = timeUs / US_PER_MS;
    for (let startMs = Math.floor(timeMs / stepMs) * stepMs; startMs > timeMs - sizeMs; startMs -= stepMs) {
      const rows = byStart.get(startMs) ?? [];
      rows.push([timeUs, value]);
      byStart.set(startMs, rows);
    }
  }
  const windows = [...byStart].map(([startMs, rows]) => ({
    ...{ sizeMs, stepMs, startMs },
    ...summary(rows.sort(([timeA, a], [timeB, b]) => timeA - timeB || a - b)),
  }));
  const endingIn = (fromMs: number, toMs: number) =>
    windows.filter(({ startMs }) => startMs + sizeMs > fromMs && startMs + sizeMs <= toMs);
  return {
    final: endingIn(-Infinity, finalUntilMs),
    provisional: endingIn(finalUntilMs, publishedUntilMs),
  };
}

function summary(
  rows: readonly (readonly [number, number])[],
): Omit<WindowContent, keyof WindowKind | 'startMs'> {
  const values = rows.map(([, value]) => value);
  return {
    count: values.length,
    min: Math.min(...values),
    max: Math.max(...values),
    sum: exactSum(values),
    sumOfSquares: exactSum(values.map((value) => value * value)),
    mean: exactSum(values) / values.length,
    ...estimates(values),
    first: values[0]!,
    last: values.at(-1)!,
  };
}

/** The fields that the platform only estimates, exactly. */
function estimates(values: readonly number[]): Pick<WindowContent, 'stddev' | 'p50' | 'p90' | 'p99'> {
  const mean = exactSum(values) / values.length;
  const ascending = [...values].sort((a, b) => a - b);
  const percentile = (p: number) => ascending[Math.floor((p * (values.length - 1)) / 100)]!;
  return {
    stddev: Math.sqrt(exactSum(values.map((value) => (value - mean) ** 2)) / values.length),
    p50: percentile(50),
    p90: percentile(90),
    p99: percentile(99),
  };
}

/** The correctly rounded sum of doubles, by integers: each double is a whole number of 2^-1074. Slow, and beyond doubt. */
export function exactSum(values: readonly number[]): number {
  let total = 0n;
  for (const value of values) total += toFixedPoint(value);
  return fromFixedPoint(total);
}

const view = new DataView(new ArrayBuffer(8));

function toFixedPoint(value: number): bigint {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = exponent === 0 ? fraction : (fraction | 0x10000000000000n) << BigInt(exponent - 1);
  return bits >> 63n === 1n ? -magnitude : magnitude;
}

function fromFixedPoint(total: bigint): number {
  const negative = total < 0n;
  const magnitude = negative ? -total : total;
  const extra = Math.max(0, magnitude.toString(2).length - 53);
  // Round half to even on the bits beyond the 53 that a double holds.
  let kept = magnitude >> BigInt(extra);
  const rest = magnitude - (kept << BigInt(extra));
  const half = extra === 0 ? 1n : 1n << BigInt(extra - 1);
  if (extra > 0 && (rest > half || (rest === half && (kept & 1n) === 1n))) kept += 1n;
  const value = Number(kept) * 2 ** (extra - 1074);
  return negative ? -value : value;
}
