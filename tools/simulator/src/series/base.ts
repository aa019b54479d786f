import { hash, normal, uniform } from '../hash';

/** How a series behaves while nothing is wrong. */
export const BASE_KINDS = ['constant', 'seasonal', 'ar1', 'quantised', 'counter', 'bursty'] as const;
export type BaseKind = (typeof BASE_KINDS)[number];

/** Size of what is usual from one reading to another, in the unit of the values: faults are so many times as large. */
export const SCALE: Readonly<Record<BaseKind, number>> = {
  constant: 1,
  seasonal: 0.5,
  // Standard deviation of the whole: 1 / √(1 − 0.9²).
  ar1: 2.3,
  quantised: 0.5,
  counter: 45,
  bursty: 10,
};

const DAY_MS = 86_400_000;
const AR1_FACTOR = 0.9;
const STEP = 0.5;
const COUNTER_LIMIT = 2 ** 32;
const BURST_SLOT = 40;
const CHANCE_OF_BURST = 0.3;

/** Height of the wave of a day. Seasonal kinds only. */
function season(timeMs: number, shiftMs: number): number {
  return Math.sin((2 * Math.PI * (timeMs + shiftMs)) / DAY_MS);
}

export interface BasePlan {
  readonly kind: BaseKind;
  readonly seed: number;
  readonly rows: number;
  readonly timeMs: (row: number) => number;
  /** How far the day of a row is shifted: by nothing, unless the season changes. */
  readonly seasonShiftMs: (row: number) => number;
}

/** The values of a series without a fault. Pure. */
export function baseValues({ kind, seed, rows, timeMs, seasonShiftMs }: BasePlan): Float64Array {
  const values = new Float64Array(rows);
  let carried = 0;
  for (let row = 0; row < rows; row++) {
    const noise = normal(seed, row, 31);
    switch (kind) {
      case 'constant':
        values[row] = 21.5;
        break;
      case 'seasonal':
        values[row] = 50 + 10 * season(timeMs(row), seasonShiftMs(row)) + 0.5 * noise;
        break;
      case 'ar1':
        carried = AR1_FACTOR * carried + noise;
        values[row] = 100 + carried;
        break;
      case 'quantised':
        values[row] =
          STEP * Math.round((22 + 3 * season(timeMs(row), seasonShiftMs(row)) + 0.2 * noise) / STEP);
        break;
      case 'counter':
        carried = (carried + 40 + Math.round(10 * uniform(seed, row, 32))) % COUNTER_LIMIT;
        values[row] = carried;
        break;
      case 'bursty':
        values[row] = burstAt(seed, row);
        break;
    }
  }
  return values;
}

/** Quiet, with a burst of 3 to 10 readings in three of ten slots. */
function burstAt(seed: number, row: number): number {
  const slot = Math.floor(row / BURST_SLOT);
  const quiet = 2 + uniform(seed, row, 33);
  if (uniform(seed, slot, 34) >= CHANCE_OF_BURST) return quiet;
  const length = 3 + (hash(seed, slot, 35) % 8);
  const start = hash(seed, slot, 36) % (BURST_SLOT - length);
  const within = (row % BURST_SLOT) - start;
  return within >= 0 && within < length ? quiet + 20 + 20 * uniform(seed, row, 37) : quiet;
}
