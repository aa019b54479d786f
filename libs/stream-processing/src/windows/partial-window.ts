import type { SketchContent } from '../sketches/sketch-pool';
import { fromFixedPoint, toFixedPoint } from '../sums/fixed-point';
import { type Spills, SUM_CELLS } from '../sums/exact-sum';

/** A part of a window that can be merged with others without loss. Times are microseconds. */
export interface PartialWindow {
  readonly sizeMs: number;
  readonly stepMs: number;
  readonly startMs: number;
  readonly revision: number;
  readonly final: boolean;
  readonly count: number;
  readonly min: number;
  readonly max: number;
  /** Numbers whose exact sum is that of the values, the largest first; see `partsOfSum`. */
  readonly sums: number[];
  readonly sumsOfSquares: number[];
  readonly firstUs: number;
  /** Of several values with the first time the least, of several with the last one the greatest. */
  readonly first: number;
  readonly lastUs: number;
  readonly last: number;
  readonly sketch: SketchContent;
}

/** Enough for any sum of doubles within their range. */
const MOST_PARTS = 40;

/** The exact sum at `at` as few numbers: the nearest double, the nearest double of what is left, and so on. The same whatever the order of what was added. */
export function partsOfSum(cells: Float64Array, at: number, spills: Spills): number[] {
  let rest = spills.get(at) ?? 0n;
  for (let i = 0; i < SUM_CELLS; i++) rest += toFixedPoint(cells[at + i]!);
  const parts: number[] = [];
  while (rest !== 0n && parts.length < MOST_PARTS) {
    const part = fromFixedPoint(rest);
    parts.push(part);
    rest -= toFixedPoint(part);
  }
  return parts;
}
