const SPLITTER = 2 ** 27 + 1;

/** A number as the sum of two doubles: its nearest double, and the nearest double of what is left. */
export interface DoubledNumber {
  readonly high: number;
  readonly low: number;
}

/**
 * The standard deviation (of the population) of `count` values, from their sum and the sum of their squares. In twice the precision of a double,
 * as the two are nearly equal where values differ little; what remains is the rounding of each square: a deviation
 * below 1e-8 of the values comes out as nothing. Values from about 1e150 on give a rough one.
 */
export function standardDeviation(count: number, sum: DoubledNumber, squares: DoubledNumber): number {
  const meanHigh = sum.high / count;
  const meanLow = (sum.high - meanHigh * count - productError(meanHigh, count) + sum.low) / count;
  const product = sum.high * meanHigh;
  const productLow = productError(sum.high, meanHigh) + sum.high * meanLow + sum.low * meanHigh;
  const variance = (squares.high - product + (squares.low - productLow)) / count;
  return Number.isFinite(variance) ? Math.sqrt(Math.max(0, variance)) : Infinity;
}

/** What rounding took from `a * b`: Dekker's product, with Veltkamp's splitting. */
function productError(a: number, b: number): number {
  const product = a * b;
  const aHigh = a * SPLITTER - (a * SPLITTER - a);
  const bHigh = b * SPLITTER - (b * SPLITTER - b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}
