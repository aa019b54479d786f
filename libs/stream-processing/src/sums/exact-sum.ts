import { fromFixedPoint, toFixedPoint } from './fixed-point';

/** Cells of an exact sum. */
export const SUM_CELLS = 3;

/** What does not fit into the cells of a sum, by the index of its first cell. Empty but for wild series. */
export type Spills = Map<number, bigint>;

/**
 * Adds `x` (finite) to the exact sum in `cells[at .. at + 2]`: three doubles whose real sum, with the spill, is the sum of
 * all that was added, without any rounding. So neither order nor grouping matters. Three doubles hold 159 bits and more.
 * The error-free addition is Knuth's TwoSum; see J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic", 1997, section 2.
 */
export function addExact(cells: Float64Array, at: number, x: number, spills: Spills): void {
  const high = cells[at]!;
  const sum = high + x;
  const b = sum - high;
  const error = high - (sum - b) + (x - b);
  if (error === 0) {
    cells[at] = sum;
    return;
  }
  const low = cells[at + 1]!;
  const lowSum = low + error;
  const c = lowSum - low;
  const lowError = low - (lowSum - c) + (error - c);
  if (lowError === 0) {
    cells[at] = sum;
    cells[at + 1] = lowSum;
    return;
  }
  // Not finite where the sum left the range of doubles (NaN by infinity minus infinity).
  if (!Number.isFinite(sum) || !Number.isFinite(lowError)) spill(at, x, spills);
  else {
    cells[at] = sum;
    cells[at + 1] = lowSum;
    addToLast(cells, at, lowError, spills);
  }
}

function addToLast(cells: Float64Array, at: number, x: number, spills: Spills): void {
  const last = cells[at + 2]!;
  const sum = last + x;
  const b = sum - last;
  const error = last - (sum - b) + (x - b);
  if (error === 0) cells[at + 2] = sum;
  else spill(at, x, spills);
}

function spill(at: number, x: number, spills: Spills): void {
  spills.set(at, (spills.get(at) ?? 0n) + toFixedPoint(x));
}

/** Adds the whole of the sum at `from` to the sum at `into`. */
export function mergeExact(cells: Float64Array, into: number, from: number, spills: Spills): void {
  for (let i = 0; i < SUM_CELLS; i++) {
    const part = cells[from + i]!;
    if (part !== 0) addExact(cells, into, part, spills);
  }
  if (spills.size === 0) return;
  const spilled = spills.get(from);
  if (spilled !== undefined) spills.set(into, (spills.get(into) ?? 0n) + spilled);
}

/** The sum rounded once, to the nearest double; beyond the range of doubles the largest finite one. */
export function roundedSum(cells: Float64Array, at: number, spills: Spills): number {
  const spilled = spills.size === 0 ? undefined : spills.get(at);
  const high = cells[at]!;
  const low = cells[at + 1]!;
  const last = cells[at + 2]!;
  // Where one of them is zero, only one addition rounds.
  if (spilled === undefined && (last === 0 || low === 0 || high === 0)) {
    const sum = high + low + last;
    if (Number.isFinite(sum)) return sum;
  }
  let exact = spilled ?? 0n;
  for (let i = 0; i < SUM_CELLS; i++) exact += toFixedPoint(cells[at + i]!);
  return fromFixedPoint(exact);
}
