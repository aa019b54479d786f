import { CELL, CELLS, COLD_CELLS, COLD_FLOATS, FLOATS } from './layout';

/**
 * Detectors share blocks of memory: one allocation for many, and neighbours in memory. Each block is for a fifth as many as there were so far, so that not
 * much of it stays empty, and thousands lie in few and large pages where the system has such: to look up where small ones are takes longer than to compute.
 */
const FEWEST_IN_BLOCK = 64;
const MOST_IN_BLOCK = 2048;
/**
 * What every reading reaches lies apart from what only one in eight or sixteen does: so that of thousands of series fits into the processor's caches, and
 * what lies together comes together. Each part begins with a line of the cache.
 */
const LINE_BYTES = 64;
const HOT_BYTES = lines(CELLS * 8 + FLOATS * 4);
const COLD_BYTES = lines(COLD_CELLS * 8 + COLD_FLOATS * 4);

function lines(bytes: number): number {
  return Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;
}

/** One block, for so many series, as doubles, as floats, and as the bits of those. */
interface Block {
  readonly series: number;
  readonly cells: Float64Array;
  readonly floats: Float32Array;
  readonly bits: Uint32Array;
}

let block = newBlock(0);
let used = 0;
/** Series so far. */
let begun = 0;

function newBlock(series: number): Block {
  const memory = new ArrayBuffer(series * (HOT_BYTES + COLD_BYTES));
  const [cells, floats, bits] = [new Float64Array(memory), new Float32Array(memory), new Uint32Array(memory)];
  return { series, cells, floats, bits };
}

/**
 * The state of one series, all zero at first: where its parts begin in its block, and what a reading has to know before it knows which places it needs. All in
 * one object, since to find one thing in another is to wait for memory twice; what each reading needs is together, and comes first.
 */
export class SeriesState {
  readonly cells: Float64Array;
  readonly floats: Float32Array;
  /** Where its own doubles and floats begin, by `CELL` and the `…_AT` of the layout. */
  readonly cellsAt: number;
  readonly floatsAt: number;
  /** Where the next value belongs among the last ones. */
  slot = 0;
  /** Readings that wait to be learned, and how many there can be before a tail model is due to be fitted again. */
  waiting = 0;
  waitingMost = 0;
  readonly bits: Uint32Array;
  /** The same of what few readings reach, by `COLD`. */
  readonly coldAt: number;
  readonly coldFloatsAt: number;

  constructor() {
    if (used === block.series) {
      block = newBlock(Math.min(Math.max(FEWEST_IN_BLOCK, Math.ceil(begun / 5)), MOST_IN_BLOCK));
      used = 0;
    }
    const hot = used * HOT_BYTES;
    const cold = block.series * HOT_BYTES + used * COLD_BYTES;
    used += 1;
    begun += 1;
    this.cells = block.cells;
    this.floats = block.floats;
    this.cellsAt = hot / 8;
    this.floatsAt = hot / 4 + CELLS * 2;
    this.bits = block.bits;
    this.coldAt = cold / 8;
    this.coldFloatsAt = cold / 4 + COLD_CELLS * 2;
    this.cells[this.cellsAt + CELL.seasonBin] = -1;
  }
}
