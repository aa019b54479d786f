import type { ScorerKind } from './baseline';

const SHORT_MEAN = 24;
const WARM_UP = 60;
const TAIL_SHARE = 0.05;
const REFIT_EVERY = 20;
/** Exponent of ten of the probability that is worth 1. Half of it is the alarm: one in a thousand, at which it does best. */
const CERTAIN = 6;

/**
 * One peaks-over-threshold model on the distance from the mean of the last readings: a generalised Pareto tail above the 95 % quantile,
 * fitted by moments (Siffer et al., "Anomaly Detection in Streams with Extreme Value Theory", KDD 2017). Keeps every residual: a baseline
 * for a benchmark, not for a stream.
 */
export const singleTail: ScorerKind = {
  name: 'single tail model',
  create() {
    const recent: number[] = [];
    const residuals = new SortedNumbers();
    let tail: Tail | null = null;
    return {
      score(_, value) {
        let score = 0;
        if (recent.length > 0) {
          const residual = Math.abs(value - recent.reduce((sum, x) => sum + x, 0) / recent.length);
          if (tail !== null) score = Math.min(1, Math.max(0, -log10Probability(tail, residual) / CERTAIN));
          residuals.add(residual);
          const seen = residuals.sorted.length;
          if (seen >= WARM_UP && seen % REFIT_EVERY === 0) tail = fit(residuals.sorted);
        }
        recent.push(value);
        if (recent.length > SHORT_MEAN) recent.shift();
        return score;
      },
    };
  },
};

/** Kept in order as they come: to sort all of them at each fit would take minutes for a long series. */
class SortedNumbers {
  private numbers = new Float64Array(1024);
  private count = 0;

  get sorted(): Float64Array {
    return this.numbers.subarray(0, this.count);
  }

  add(number: number): void {
    if (this.count === this.numbers.length) {
      const larger = new Float64Array(2 * this.count);
      larger.set(this.numbers);
      this.numbers = larger;
    }
    const at = this.firstAbove(number);
    this.numbers.copyWithin(at + 1, at, this.count);
    this.numbers[at] = number;
    this.count += 1;
  }

  private firstAbove(number: number): number {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.numbers[middle]! <= number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

interface Tail {
  readonly threshold: number;
  readonly shape: number;
  readonly scale: number;
}

function fit(sorted: Float64Array): Tail {
  const threshold = sorted[Math.floor(sorted.length * (1 - TAIL_SHARE))]!;
  const peaks = sorted.subarray(Math.floor(sorted.length * (1 - TAIL_SHARE))).map((x) => x - threshold);
  const mean = peaks.reduce((sum, x) => sum + x, 0) / peaks.length;
  const variance = peaks.reduce((sum, x) => sum + (x - mean) ** 2, 0) / peaks.length;
  const ratio = variance > 0 ? mean ** 2 / variance : 1;
  return { threshold, shape: Math.max(0, (1 - ratio) / 2), scale: (mean * (ratio + 1)) / 2 };
}

function log10Probability({ threshold, shape, scale }: Tail, residual: number): number {
  if (residual <= threshold || scale <= 0) return 0;
  const excess = (residual - threshold) / scale;
  const survival = shape > 1e-6 ? Math.log10(1 + shape * excess) / shape : excess / Math.LN10;
  return Math.log10(TAIL_SHARE) - survival;
}
