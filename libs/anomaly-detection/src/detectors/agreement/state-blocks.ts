import { CELLS, FLOATS } from './layout';

/** Detectors share blocks of memory: one allocation for many, and neighbours in memory. */
const BLOCK_SERIES = 64;
/** The state of a series lies in one piece, as few lines of the processor's cache and as few pages as can be; it begins with a line. */
const LINE_BYTES = 64;
const SERIES_BYTES = Math.ceil((CELLS * 8 + FLOATS * 4) / LINE_BYTES) * LINE_BYTES;

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
    const block = new ArrayBuffer(BLOCK_SERIES * SERIES_BYTES);
    cells = new Float64Array(block);
    floats = new Float32Array(block);
    used = 0;
  }
  const begin = used * SERIES_BYTES;
  used += 1;
  return { cells, at: begin / 8, floats, first: begin / 4 + CELLS * 2 };
}

/** The doubles and the floats of one series alone, as views. */
export function viewState({ cells, at, floats, first }: StatePlace): {
  cells: Float64Array;
  floats: Float32Array;
} {
  return { cells: cells.subarray(at, at + CELLS), floats: floats.subarray(first, first + FLOATS) };
}
