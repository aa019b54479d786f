// By name: inside of jest each look at a global costs more than what it is for.
const { imul, floor, sqrt, log, cos, PI } = Math;

/** Well-mixed 32 bits of some integers (murmur3's finalizer over each word): the same on every machine. */
export function hash(...words: readonly number[]): number {
  let state = 0x9e3779b9;
  for (const word of words) {
    // Two halves, so that times in milliseconds count in full.
    state = mix(state ^ (word >>> 0));
    state = mix(state ^ floor(word / 2 ** 32));
  }
  return state >>> 0;
}

/** From 0 (inclusive) to 1 (exclusive). */
export function uniform(...words: readonly number[]): number {
  return hash(...words) / 2 ** 32;
}

/** Standard normal, by Box and Muller's transform. */
export function normal(...words: readonly number[]): number {
  const radius = sqrt(-2 * log(1 - uniform(...words, 1)));
  return radius * cos(2 * PI * uniform(...words, 2));
}

function mix(value: number): number {
  let mixed = value | 0;
  mixed = imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) + 0x6d2b79f5;
}
