/** Buckets of a histogram, five to each doubling; the first holds zeros and whatever is too small for the others. */
export const BUCKETS = 96;
const BUCKETS_PER_DOUBLING = 5;
/** The first value ever seen falls here: nineteen doublings lie below the top, and the top moves up with the largest value. */
const ANCHOR = 64;
/** The doublings are divided at these 64ths, close to 2^(i / 5), so that the first bits of a number tell its bucket. */
const STEPS = Float64Array.of(64 / 64, 74 / 64, 84 / 64, 97 / 64, 111 / 64);
const STEP_OF_64TH = Uint8Array.from({ length: 64 }, (_, i) =>
  STEPS.findLastIndex((step) => step <= 1 + i / 64),
);
/** Lower edges of the buckets and of the one above them, and the middles, in units of the model. */
const EDGES = Float64Array.from({ length: BUCKETS + 1 }, (_, bucket) => {
  const doubling = Math.floor((bucket - ANCHOR) / BUCKETS_PER_DOUBLING);
  return 2 ** doubling * STEPS[bucket - ANCHOR - doubling * BUCKETS_PER_DOUBLING]!;
});
const MIDDLES = Float64Array.from({ length: BUCKETS }, (_, bucket) =>
  Math.sqrt(EDGES[bucket]! * EDGES[bucket + 1]!),
);

/** Most rows that are learned at once. */
export const MOST_ROWS = 16;
/** Numbers as bits: first those of an exponent, then those of a fraction. */
const number = new Float32Array(1);
const pattern = new Uint32Array(number.buffer);
const INFINITE = 0x7f800000;
const FRACTION_BITS = 23;
/** The unit is at least this, so that its bits are those of an exponent alone. */
const SMALLEST_UNIT = 2 ** -126;

function bitsOf(value: number): number {
  number[0] = value;
  return pattern[0]!;
}

/** The exponent in the bits of a number that is not negative. */
function exponentOf(value: number): number {
  return bitsOf(value) >>> FRACTION_BITS;
}

/** Bucket of a number that is not negative, from its bits and the exponent of the unit; too large where there is none for it. */
function bucketOf(bits: number, unitExponent: number): number {
  if (bits === 0) return 0;
  const doublings = (bits >>> FRACTION_BITS) - unitExponent;
  const bucket = doublings * BUCKETS_PER_DOUBLING + STEP_OF_64TH[(bits >>> 17) & 63]! + ANCHOR;
  return bucket < 1 ? 1 : bucket;
}

/**
 * So many models lie abreast: the first number of each of them, then the second of each, and so on. What is needed of one is mostly needed of all, and
 * so comes together.
 */
export const ABREAST = 4;
/** Numbers that they keep beside their histograms. */
export const TAIL_CELLS = 11 * ABREAST;
const SEEN = 0;
const TOTAL = ABREAST;
const NEXT_FIT = 2 * ABREAST;
const UNIT = 3 * ABREAST;
/** Where the fitted tail begins (with scale 0: nothing fitted yet), its scale and shape, and log10 of the share of values in it. */
const THRESHOLD = 4 * ABREAST;
const SCALE = 5 * ABREAST;
const SHAPE = 6 * ABREAST;
const LOG_SHARE = 7 * ABREAST;
/** The quantiles of the bulk, and the shares that lie above them. */
const QUANTILES = 8 * ABREAST;
const QUANTILE_SHARES = [0.05, 0.1, 0.5] as const;
const NINETEEN_TWENTIETHS = QUANTILES;
const NINE_TENTHS = QUANTILES + ABREAST;
const MEDIAN = QUANTILES + 2 * ABREAST;

const TAIL_SHARE = 0.02;
/** In a young series the tail is larger, so that it holds this many values. */
const MIN_TAIL = 13;
const MAX_TAIL_SHARE = 0.2;
/** What is believed of the shape before there is evidence, and how many values of evidence that belief is worth. */
const PRIOR_SHAPE = 0.2;
const PRIOR_WEIGHT = 9.6;
const MAX_SHAPE = 0.45;
const FIRST_FIT = 24;
const YOUNG = 256;
const YOUNG_FIT_EVERY = 16;
const FIT_EVERY = 128;
const MOST_SURPRISING = 30;

/** Tail of the bulk: what the shape would be if nothing beyond nine tenths had ever been seen. */
const BULK_SHAPE = 0.3;
/** (5^0.3 - 1) / 0.3, and 5^0.3: from the median to nine tenths the probability falls by five. */
const BULK_SPAN = 2.068829;
const BULK_GROWTH = 1.620657;

/**
 * Rows of single floats from `from` up to `end` in `values`, and their bits in `bits`, the same memory: a value of each of several models, and
 * last the weight of all of them.
 */
export interface WeightedRows {
  readonly values: Float32Array;
  readonly bits: Uint32Array;
  readonly from: number;
  readonly end: number;
  readonly width: number;
}

const one = new Float32Array(2);
const ONE_ROW = { values: one, bits: new Uint32Array(one.buffer), from: 0, end: 2, width: 2 };

/**
 * Distribution of one non-negative statistic of one series, for tail probabilities: a log histogram, and above its 98 % quantile a
 * generalised Pareto tail fitted by moments (peaks over threshold; Siffer et al., "Anomaly Detection in Streams with Extreme Value Theory",
 * KDD 2017). O(1) per value but for a pass over the buckets at each fit; no allocation. The state lies in arrays of the owner, and one
 * object serves all series in turn: `open` turns it to the next one.
 */
export class TailModel {
  private cells: Float64Array = new Float64Array(TAIL_CELLS);
  private at = 0;
  private counts: Float32Array = new Float32Array(BUCKETS);
  private first = 0;

  /** Turns to the model whose first number is at `at` and whose histogram begins at `first`. */
  open(cells: Float64Array, at: number, counts: Float32Array, first: number): void {
    this.cells = cells;
    this.at = at;
    this.counts = counts;
    this.first = first;
  }

  /** -log10 of the probability of a value this large or larger; 0 below the tail, and while nothing is known. At most 30. */
  surprise(value: number): number {
    const { cells, at } = this;
    const scale = cells[at + SCALE]!;
    if (!(value > cells[at + THRESHOLD]!) || scale === 0) return 0;
    const excess = (value - cells[at + THRESHOLD]!) / scale;
    const shape = cells[at + SHAPE]!;
    const survival = shape < 1e-6 ? excess / Math.LN10 : Math.log10(1 + shape * excess) / shape;
    return Math.min(MOST_SURPRISING, survival - cells[at + LOG_SHARE]!);
  }

  /**
   * What is by so many tenfolds less likely to be reached than a value: beyond a value in it, a generalised Pareto tail is one again, of the same shape and
   * of a scale that grows with it. The value itself while nothing is known.
   */
  rarer(value: number, tenfolds: number): number {
    const { cells, at } = this;
    if (cells[at + SCALE] === 0) return value;
    const shape = cells[at + SHAPE]!;
    const from = Math.max(value, cells[at + THRESHOLD]!);
    const scale = cells[at + SCALE]! + shape * (from - cells[at + THRESHOLD]!);
    const far = shape < 1e-6 ? Math.LN10 * tenfolds : (10 ** (shape * tenfolds) - 1) / shape;
    return from + scale * far;
  }

  /**
   * The same by the bulk alone: from the median and nine tenths, with a fixed shape. A series whose extremes are many is not
   * unsurprised by the next one.
   */
  bulkSurprise(value: number): number {
    const { cells, at } = this;
    const from = cells[at + NINE_TENTHS]!;
    if (value <= from) return 0;
    const spread = Math.max(from - cells[at + MEDIAN]!, from * 0.1);
    if (!(spread > 0)) return 0;
    const excess = (value - from) / ((spread * BULK_GROWTH) / BULK_SPAN);
    return 1 + Math.log10(1 + BULK_SHAPE * excess) / BULK_SHAPE;
  }

  /** Below these `surprise` and `bulkSurprise` are 0. */
  get tailFrom(): number {
    return this.cells[this.at + SCALE] === 0 ? Infinity : this.cells[this.at + THRESHOLD]!;
  }

  get bulkFrom(): number {
    return this.cells[this.at + NINE_TENTHS]! > 0 ? this.cells[this.at + NINE_TENTHS]! : Infinity;
  }

  /** 95 % quantile; 0 while nothing is known. */
  get nineteenTwentieths(): number {
    return this.cells[this.at + NINETEEN_TWENTIETHS]!;
  }

  /** Median; 0 while nothing is known. */
  get middle(): number {
    return this.cells[this.at + MEDIAN]!;
  }

  /** Counts a value, with a weight up to 1. */
  learn(value: number, weight: number): void {
    one[0] = value;
    one[1] = weight;
    this.learnRows(ONE_ROW, 0);
  }

  /**
   * Counts the values of one column, without those that are NaN. Fits at most once, behind the last one: a batch must not be longer
   * than `untilFit`.
   */
  learnRows(rows: WeightedRows, column: number): void {
    const { cells, at } = this;
    if (cells[at + UNIT] === 0) this.chooseUnit(rows, column);
    const seen = cells[at + SEEN]! + this.count(rows, column);
    cells[at + SEEN] = seen;
    if (seen < cells[at + NEXT_FIT]! || seen < FIRST_FIT) return;
    this.fit();
    cells[at + NEXT_FIT] = seen + (seen < YOUNG ? YOUNG_FIT_EVERY : FIT_EVERY);
  }

  /** The power of two just below the largest value of a column, unless all are zero. */
  private chooseUnit({ values, from, end, width }: WeightedRows, column: number): void {
    let largest = 0;
    for (let at = from + column; at < end; at += width) if (values[at]! > largest) largest = values[at]!;
    if (largest > 0)
      this.cells[this.at + UNIT] = 2 ** Math.floor(Math.log2(Math.max(SMALLEST_UNIT, largest)));
  }

  /** Returns how many values that are. */
  private count({ values, bits, from, end, width }: WeightedRows, column: number): number {
    const { cells, counts, first } = this;
    let unitExponent = exponentOf(cells[this.at + UNIT]!);
    let total = cells[this.at + TOTAL]!;
    let counted = 0;
    for (let row = from; row < end; row += width) {
      const value = bits[row + column]!;
      if (value > INFINITE) continue;
      let bucket = bucketOf(value, unitExponent);
      if (bucket >= BUCKETS) {
        this.raiseTop(values[row + column]!);
        unitExponent = exponentOf(cells[this.at + UNIT]!);
        bucket = bucketOf(value, unitExponent);
      }
      const weight = values[row + width - 1]!;
      counts[first + bucket]! += weight;
      total += weight;
      counted += 1;
    }
    cells[this.at + TOTAL] = total;
    return counted;
  }

  /** Values until the model is fitted again, 1 being the next one. Until then only its histogram changes, and nothing that it says. */
  get untilFit(): number {
    const { cells, at } = this;
    return Math.max(FIRST_FIT, cells[at + NEXT_FIT]!) - cells[at + SEEN]!;
  }

  /** Makes all that was counted count less, by a factor. */
  fade(factor: number): void {
    for (let i = this.first; i < this.first + BUCKETS; i++) this.counts[i]! *= factor;
    this.cells[this.at + TOTAL]! *= factor;
  }

  get total(): number {
    return this.cells[this.at + TOTAL]!;
  }

  /** Moves every count down by whole doublings, so that a value fits in. */
  private raiseTop(value: number): void {
    const { cells, at, counts, first } = this;
    const buckets = bucketOf(bitsOf(value), exponentOf(cells[at + UNIT]!)) - BUCKETS + 1;
    const doublings = Math.ceil(buckets / BUCKETS_PER_DOUBLING);
    cells[at + UNIT]! *= 2 ** doublings;
    const by = Math.min(BUCKETS - 1, doublings * BUCKETS_PER_DOUBLING);
    let low = 0;
    for (let i = 1; i <= by; i++) low += counts[first + i]!;
    counts.copyWithin(first + 1, first + 1 + by, first + BUCKETS);
    counts.fill(0, first + BUCKETS - by, first + BUCKETS);
    counts[first + 1]! += low;
  }

  /** Lower edge of a bucket. */
  private edge(bucket: number): number {
    return this.cells[this.at + UNIT]! * EDGES[bucket]!;
  }

  private fit(): void {
    this.findQuantiles();
    const { from, inside } = this.tailBuckets();
    this.cells[this.at + SCALE] = 0;
    if (inside > 0) this.fitTail(from, inside);
  }

  /** The values which these shares of the total lie above, in one way down; 0 where that is among the zeros. */
  private findQuantiles(): void {
    const { cells, at, counts, first, total } = this;
    let bucket = BUCKETS - 1;
    let above = 0;
    for (let i = 0; i < QUANTILE_SHARES.length; i++) {
      const wanted = QUANTILE_SHARES[i]! * total;
      while (bucket > 0 && above + counts[first + bucket]! < wanted) {
        above += counts[first + bucket]!;
        bucket -= 1;
      }
      const low = this.edge(bucket);
      const width = this.edge(bucket + 1) - low;
      cells[at + QUANTILES + i * ABREAST] =
        bucket === 0 ? 0 : low + width * (1 - (wanted - above) / counts[first + bucket]!);
    }
  }

  /** The uppermost buckets that hold the tail, without one that would make it far too large: values on few levels have such. */
  private tailBuckets(): { from: number; inside: number } {
    const { counts, first, total } = this;
    const wanted = Math.max(TAIL_SHARE * total, Math.min(MIN_TAIL, MAX_TAIL_SHARE * total));
    let inside = 0;
    for (let bucket = BUCKETS - 1; bucket > 0; bucket--) {
      const count = counts[first + bucket]!;
      if (inside + count > wanted && inside >= wanted / 2) return { from: bucket + 1, inside };
      inside += count;
      if (inside >= wanted) return { from: bucket, inside };
    }
    return { from: 1, inside };
  }

  /** Moments of the excess, a value counting as the middle of its bucket. */
  private fitTail(from: number, inside: number): void {
    const { cells, at, counts, first } = this;
    const threshold = from > 1 ? this.edge(from) : 0;
    const unit = cells[at + UNIT]!;
    let sum = 0;
    let squares = 0;
    for (let bucket = from; bucket < BUCKETS; bucket++) {
      const count = counts[first + bucket]!;
      if (count === 0) continue;
      const excess = unit * MIDDLES[bucket]! - threshold;
      sum += count * excess;
      squares += count * excess * excess;
    }
    const mean = sum / inside;
    const variance = squares / inside - mean * mean;
    const byMoments = variance > 0 ? (1 - (mean * mean) / variance) / 2 : -0.5;
    const believed = (inside * byMoments + PRIOR_WEIGHT * PRIOR_SHAPE) / (inside + PRIOR_WEIGHT);
    const shape = Math.max(0, Math.min(MAX_SHAPE, believed));
    cells[at + THRESHOLD] = threshold;
    cells[at + SHAPE] = shape;
    cells[at + SCALE] = mean * (1 - shape);
    cells[at + LOG_SHARE] = Math.log10(inside / this.total);
  }
}
