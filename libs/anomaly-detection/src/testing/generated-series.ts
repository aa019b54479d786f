import { type DetectorKind, newVerdict, observe } from '../detector';

const MINUTE_US = 60_000_000;

/** mulberry32: a small seeded generator of numbers in [0, 1). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Standard normal numbers (Box and Muller) from uniform ones. */
export function normal(next: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

export function generate(n: number, at: (i: number) => number): number[] {
  return Array.from({ length: n }, (_, i) => at(i));
}

/** Indices of flagged readings, one a minute unless `times` says otherwise. */
export function flaggedBy(
  kind: DetectorKind,
  values: readonly number[],
  times?: readonly number[],
): number[] {
  const detector = kind.create();
  const verdict = newVerdict();
  const found: number[] = [];
  values.forEach((value, i) => {
    observe(detector, times?.[i] ?? i * MINUTE_US, value, verdict);
    if (verdict.score >= 0.5) found.push(i);
  });
  return found;
}
