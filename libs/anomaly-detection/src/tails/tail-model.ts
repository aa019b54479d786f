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
const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** Numbers that a tail model keeps beside its histogram. */
export const TAIL_CELLS = 11;
const SEEN = 0;
const TOTAL = 1;
const UNIT = 2;
/** Where the fitted tail begins (with scale 0: nothing fitted yet), its scale and shape, and log10 of the share of values in it. */
const THRESHOLD = 3;
const NEXT_FIT = 4;
const SCALE = 5;
const SHAPE = 6;
const LOG_SHARE = 7;
/** The quantiles of the bulk. */
const MEDIAN = 8;
const NINE_TENTHS = 9;
const NINETEEN_TWENTIETHS = 10;

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

  /** Turns to the model whose cells begin at `at` and whose histogram begins at `first`. */
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
    const { cells, at } = this;
    this.counts[this.first + this.bucketOf(value)]! += weight;
    cells[at + TOTAL]! += weight;
    const seen = (cells[at + SEEN]! += 1);
    if (seen < cells[at + NEXT_FIT]! || seen < FIRST_FIT) return;
    this.fit();
    cells[at + NEXT_FIT] = seen + (seen < YOUNG ? YOUNG_FIT_EVERY : FIT_EVERY);
  }

  /** Makes all that was counted count less, by a factor. */
  fade(factor: number): void {
    for (let i = this.first; i < this.first + BUCKETS; i++) this.counts[i]! *= factor;
    this.cells[this.at + TOTAL]! *= factor;
  }

  get total(): number {
    return this.cells[this.at + TOTAL]!;
  }

  private bucketOf(value: number): number {
    if (!(value > 0)) return 0;
    const { cells, at } = this;
    if (cells[at + UNIT] === 0) cells[at + UNIT] = value;
    double[0] = value / cells[at + UNIT]!;
    const high = halves[HIGH]!;
    const bucket = ((high >>> 20) - 1023) * BUCKETS_PER_DOUBLING + STEP_OF_64TH[(high >>> 14) & 63]! + ANCHOR;
    if (bucket < BUCKETS) return bucket < 1 ? 1 : bucket;
    this.raiseTop(bucket - BUCKETS + 1);
    return BUCKETS - 1;
  }

  /** Moves every count down, so that a value so many buckets above the top fits in; rounds up to whole doublings. */
  private raiseTop(buckets: number): void {
    const { cells, at, counts, first } = this;
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
    const steps = bucket - ANCHOR;
    const doubling = Math.floor(steps / BUCKETS_PER_DOUBLING);
    return this.cells[this.at + UNIT]! * 2 ** doubling * STEPS[steps - doubling * BUCKETS_PER_DOUBLING]!;
  }

  private fit(): void {
    const { cells, at } = this;
    cells[at + MEDIAN] = this.quantile(0.5);
    cells[at + NINE_TENTHS] = this.quantile(0.1);
    cells[at + NINETEEN_TWENTIETHS] = this.quantile(0.05);
    const { from, inside } = this.tailBuckets();
    cells[at + SCALE] = 0;
    if (inside > 0) this.fitTail(from, inside);
  }

  /** The value which this share of the total lies above; 0 where that is among the zeros. */
  private quantile(share: number): number {
    const { counts, first } = this;
    const wanted = share * this.total;
    let above = 0;
    for (let bucket = BUCKETS - 1; bucket > 0; bucket--) {
      const count = counts[first + bucket]!;
      if (count > 0 && above + count >= wanted) {
        const low = this.edge(bucket);
        return low + (this.edge(bucket + 1) - low) * (1 - (wanted - above) / count);
      }
      above += count;
    }
    return 0;
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
    let sum = 0;
    let squares = 0;
    for (let bucket = from; bucket < BUCKETS; bucket++) {
      const count = counts[first + bucket]!;
      if (count === 0) continue;
      const excess = Math.sqrt(this.edge(bucket) * this.edge(bucket + 1)) - threshold;
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
