import { CELLS, FLOATS } from './layout';

/** Detectors share blocks of memory: one allocation for many, and neighbours in memory. */
const BLOCK_SERIES = 64;

let cells = new Float64Array(0);
let floats = new Float32Array(0);
let used = BLOCK_SERIES;

/** Where the state of one series lies: `CELLS` doubles from `at`, `FLOATS` floats from `first`. */
export interface StatePlace {
  readonly cells: Float64Array;
  readonly at: number;
  readonly floats: Float32Array;
  readonly first: number;
}

/** A place for one more series, all zero. */
export function allocateState(): StatePlace {
  if (used === BLOCK_SERIES) {
    cells = new Float64Array(BLOCK_SERIES * CELLS);
    floats = new Float32Array(BLOCK_SERIES * FLOATS);
    used = 0;
  }
  const place = { cells, at: used * CELLS, floats, first: used * FLOATS };
  used += 1;
  return place;
}

/** The doubles and the floats of one series alone, as views. */
export function viewState({ cells, at, floats, first }: StatePlace): {
  cells: Float64Array;
  floats: Float32Array;
} {
  return { cells: cells.subarray(at, at + CELLS), floats: floats.subarray(first, first + FLOATS) };
}
