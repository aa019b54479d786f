import type { Detector, DetectorKind, Verdict } from '../../detector';
import { SnapshotError } from '../../errors';
import { explainDeviation } from './explain';

/** Readings before the first verdict. */
const WARM_UP = 32;
/** The first readings set the scales by plain averages; from then on they move by small bounded steps. */
const PRIMING = 16;

/** Median absolute deviation to standard deviation of a normal distribution. */
const MAD_TO_SIGMA = 1.4826;
const SIGMAS = 6;
/** Multiples of the 99th percentile: lets heavy tails be heavy without making the bulk insensitive. */
const TAILS = 3;
/** Changes in the seventh digit are rounding, whatever the history. */
const RELATIVE_RESOLUTION = 1e-6;
/** A series that never changed has no scale: a change is judged against its own magnitude. */
const CONSTANT_LIMIT = 1.2;

const MEDIAN_STEP = 1 + 1 / 32;
const TAIL_UP = 1.25;
/** 1.25^(0.01/0.99) balances `TAIL_UP` where one reading in a hundred lies above. A literal: `Math.pow` may differ between engines. */
const TAIL_DOWN = 1.0022565173776432;
/** A level shift inflates the tail of the residuals, which forgets slowly: the bulk, which forgets fast, bounds it. */
const RESIDUAL_TAIL_SIGMAS = 10;
const LEVEL_RATE = 1 / 16;
const LEVEL_CLIP_SIGMAS = 4;
const ENVELOPE_DECAY = 1 / 4096;
/** Longer silences than this many usual intervals widen the limits by the square root, as a random walk would. */
const GAP_INTERVALS = 4;
/** Keeps sums and squares finite for any finite reading. */
const MAX_MAGNITUDE = 1e150;

// Cells of one detector.
const COUNT = 0;
const LAST = 1;
const LAST_TIME = 2;
const INTERVAL = 3;
const LEVEL = 4;
const LOWEST_LEVEL = 5;
const HIGHEST_LEVEL = 6;
const RESIDUAL_MEDIAN = 7;
const RESIDUAL_TAIL = 8;
const JUMP_MEDIAN = 9;
const JUMP_TAIL = 10;
/** Smallest change ever seen: the resolution of a quantised series. 0 while the series is constant. */
const RESOLUTION = 11;
const RISES = 12;
const FALLS = 13;
const CELLS = 14;

const VERSION = 1;
const SNAPSHOT_BYTES = 2 + CELLS * 8;
const KIND_BYTE = 0x5a;

/** Detectors share blocks of cells: one allocation for many, and neighbours in memory. */
const BLOCK_DETECTORS = 128;

class RobustZ implements Detector {
  constructor(
    private readonly cells: Float64Array,
    private readonly at: number,
  ) {}

  observe(timeUs: number, value: number, verdict: Verdict): void {
    const { cells, at } = this;
    verdict.score = 0;
    verdict.expectedMin = NaN;
    verdict.expectedMax = NaN;
    verdict.deviation = 0;
    // A comparison with NaN is false, so this also refuses NaN.
    if (!(value <= Number.MAX_VALUE && value >= -Number.MAX_VALUE)) return;
    const x = Math.max(-MAX_MAGNITUDE, Math.min(MAX_MAGNITUDE, value));
    if (cells[at + COUNT] === 0) {
      this.begin(timeUs, x);
      return;
    }
    if (this.isCounterReset(x)) {
      cells[at + LEVEL] = cells[at + LOWEST_LEVEL] = cells[at + HIGHEST_LEVEL] = x;
    } else {
      if (cells[at + COUNT]! >= WARM_UP) this.judge(timeUs, x, verdict);
      this.learn(x);
    }
    this.learnInterval(timeUs - cells[at + LAST_TIME]!);
    cells[at + COUNT]! += 1;
    cells[at + LAST] = x;
    cells[at + LAST_TIME] = timeUs;
  }

  snapshot(): Uint8Array {
    const bytes = new Uint8Array(SNAPSHOT_BYTES);
    const view = new DataView(bytes.buffer);
    bytes[0] = KIND_BYTE;
    bytes[1] = VERSION;
    for (let i = 0; i < CELLS; i++) view.setFloat64(2 + i * 8, this.cells[this.at + i]!, true);
    return bytes;
  }

  private begin(timeUs: number, x: number): void {
    const { cells, at } = this;
    cells[at + COUNT] = 1;
    cells[at + LAST] = x;
    cells[at + LAST_TIME] = timeUs;
    cells[at + LEVEL] = cells[at + LOWEST_LEVEL] = cells[at + HIGHEST_LEVEL] = x;
  }

  /** A series that has only ever risen and now falls back to something not negative is a counter that began anew. */
  private isCounterReset(x: number): boolean {
    const { cells, at } = this;
    return x < cells[at + LAST]! && x >= 0 && cells[at + FALLS] === 0 && cells[at + RISES]! >= PRIMING;
  }

  /** A reading is anomalous when it is both an unusual jump from the last one and far from the levels known. */
  private judge(timeUs: number, x: number, verdict: Verdict): void {
    const { cells, at } = this;
    const last = cells[at + LAST]!;
    const lowest = cells[at + LOWEST_LEVEL]!;
    const highest = cells[at + HIGHEST_LEVEL]!;
    const jump = Math.abs(x - last);
    const margin = this.margin(timeUs);
    const jumpLimit = this.limit(JUMP_MEDIAN, JUMP_TAIL, margin);
    const levelLimit = this.limit(RESIDUAL_MEDIAN, RESIDUAL_TAIL, margin);
    const distance = x > highest ? x - highest : x < lowest ? lowest - x : 0;
    const ratio = Math.min(relative(jump, jumpLimit), relative(distance, levelLimit));
    verdict.score = ratio / (1 + ratio);
    const levelMin = lowest - levelLimit;
    const levelMax = highest + levelLimit;
    verdict.expectedMin = Math.min(levelMin, last - jumpLimit);
    verdict.expectedMax = Math.max(levelMax, last + jumpLimit);
    if (ratio >= 1 && x >= verdict.expectedMin && x <= verdict.expectedMax) {
      // Between the two ranges: only the levels' range is free of flagged values on this side.
      verdict.expectedMin = levelMin;
      verdict.expectedMax = levelMax;
    }
    const usual = Math.max(MAD_TO_SIGMA * cells[at + JUMP_MEDIAN]!, cells[at + RESOLUTION]!);
    verdict.deviation = usual > 0 ? jump / usual : Infinity;
  }

  /** Caution: limits are wider while little is known and after a gap. */
  private margin(timeUs: number): number {
    const { cells, at } = this;
    const young = 1 + WARM_UP / cells[at + COUNT]!;
    const intervals = (timeUs - cells[at + LAST_TIME]!) / (GAP_INTERVALS * cells[at + INTERVAL]!);
    return intervals > 1 && intervals < Infinity ? young * Math.sqrt(intervals) : young;
  }

  /** Largest deviation which is not flagged, from the cells of a scale. */
  private limit(median: number, tail: number, margin: number): number {
    const { cells, at } = this;
    const resolution = cells[at + RESOLUTION]!;
    const magnitude = Math.abs(cells[at + LEVEL]!);
    if (resolution === 0) return CONSTANT_LIMIT * magnitude * margin;
    const sigma = Math.max(MAD_TO_SIGMA * cells[at + median]!, resolution, RELATIVE_RESOLUTION * magnitude);
    return Math.max(SIGMAS * sigma, TAILS * cells[at + tail]!) * margin;
  }

  private learn(x: number): void {
    const { cells, at } = this;
    const change = x - cells[at + LAST]!;
    const residual = x - cells[at + LEVEL]!;
    const jump = Math.abs(change);
    if (change > 0) cells[at + RISES]! += 1;
    else if (change < 0) cells[at + FALLS]! += 1;
    if (jump > 0 && (cells[at + RESOLUTION] === 0 || jump < cells[at + RESOLUTION]!)) {
      cells[at + RESOLUTION] = jump;
    }
    this.learnScale(JUMP_MEDIAN, JUMP_TAIL, jump);
    this.learnScale(RESIDUAL_MEDIAN, RESIDUAL_TAIL, Math.abs(residual));
    const sigma = Math.max(MAD_TO_SIGMA * cells[at + RESIDUAL_MEDIAN]!, cells[at + RESOLUTION]!);
    const mostTail = RESIDUAL_TAIL_SIGMAS * sigma;
    if (cells[at + RESIDUAL_TAIL]! > mostTail) cells[at + RESIDUAL_TAIL] = mostTail;
    const clip = LEVEL_CLIP_SIGMAS * sigma;
    const n = cells[at + COUNT]!;
    const rate = n < PRIMING ? 1 / (n + 1) : LEVEL_RATE;
    const level = cells[at + LEVEL]! + rate * Math.max(-clip, Math.min(clip, residual));
    cells[at + LEVEL] = level;
    const lowest = cells[at + LOWEST_LEVEL]!;
    const highest = cells[at + HIGHEST_LEVEL]!;
    cells[at + LOWEST_LEVEL] = level < lowest ? level : lowest + (level - lowest) * ENVELOPE_DECAY;
    cells[at + HIGHEST_LEVEL] = level > highest ? level : highest + (level - highest) * ENVELOPE_DECAY;
  }

  /** Median and 99th percentile of magnitudes by multiplicative steps: one outlier moves them by a bounded factor. */
  private learnScale(median: number, tail: number, magnitude: number): void {
    const { cells, at } = this;
    const m = at + median;
    const t = at + tail;
    const n = cells[at + COUNT]!;
    if (n < PRIMING) {
      cells[m]! += (magnitude - cells[m]!) / n;
      if (magnitude > cells[t]!) cells[t] = magnitude;
      return;
    }
    // Below the resolution a scale has no meaning, and from zero it could never rise again.
    const floor = cells[at + RESOLUTION]! / 4;
    const middle = magnitude > cells[m]! ? cells[m]! * MEDIAN_STEP : cells[m]! / MEDIAN_STEP;
    const extreme = magnitude > cells[t]! ? cells[t]! * TAIL_UP : cells[t]! / TAIL_DOWN;
    cells[m] = middle > floor ? middle : floor;
    cells[t] = extreme > floor ? extreme : floor;
  }

  private learnInterval(elapsedUs: number): void {
    const { cells, at } = this;
    const usual = cells[at + INTERVAL]!;
    if (usual === 0) cells[at + INTERVAL] = elapsedUs;
    else cells[at + INTERVAL] = elapsedUs > usual ? usual * MEDIAN_STEP : usual / MEDIAN_STEP;
  }
}

function relative(deviation: number, limit: number): number {
  return limit > 0 ? deviation / limit : 0;
}

let block = new Float64Array(BLOCK_DETECTORS * CELLS);
let used = 0;

function newDetector(): { cells: Float64Array; at: number; detector: Detector } {
  if (used === BLOCK_DETECTORS) {
    block = new Float64Array(BLOCK_DETECTORS * CELLS);
    used = 0;
  }
  const at = used++ * CELLS;
  return { cells: block, at, detector: new RobustZ(block, at) };
}

/** Robust running z-score on jumps and levels. See the README for what it does and does not find. */
export const robustZ: DetectorKind = {
  name: 'robust-z',
  create: () => newDetector().detector,
  restore(bytes) {
    if (bytes.length !== SNAPSHOT_BYTES || bytes[0] !== KIND_BYTE || bytes[1] !== VERSION) {
      throw new SnapshotError('not a snapshot of robust-z, version 1');
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { cells, at, detector } = newDetector();
    for (let i = 0; i < CELLS; i++) cells[at + i] = view.getFloat64(2 + i * 8, true);
    return detector;
  },
  explain: explainDeviation,
};
