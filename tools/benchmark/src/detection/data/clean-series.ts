const DAY_S = 86_400;

/** A series without a fault: the value at a second. Called once for each reading, in order. */
export type CleanSeries = (second: number) => number;

/** Kinds of such series, from a light tail to one that is no noise at all, each from a seed. */
export const CLEAN_SERIES: Readonly<Record<string, (seed: number) => CleanSeries>> = {
  normal: (seed) => normal(uniform(seed)),
  uniform,
  Laplace: (seed) => {
    const random = uniform(seed);
    return () => Math.sign(random() - 0.5) * Math.log(1 - random());
  },
  'Student, 3 degrees of freedom': (seed) => {
    const noise = normal(uniform(seed));
    return () => noise() / Math.sqrt((noise() ** 2 + noise() ** 2 + noise() ** 2) / 3);
  },
  lognormal: (seed) => {
    const noise = normal(uniform(seed));
    return () => Math.exp(noise());
  },
  'AR(1), 0.9': (seed) => autoregressive(seed, 0.9),
  'AR(1), 0.99': (seed) => autoregressive(seed, 0.99),
  'random walk': (seed) => autoregressive(seed, 1),
  'daily cycle and noise': (seed) => withCycle(normal(uniform(seed))),
  'daily cycle and AR(1), 0.8': (seed) => withCycle(autoregressive(seed, 0.8)),
  quantised: (seed) => {
    const noise = normal(uniform(seed));
    return () => Math.round(2 * noise()) / 2;
  },
  'counts, 3 on average': (seed) => {
    const random = uniform(seed);
    return () => poisson(random, 3);
  },
  'mostly zero': (seed) => {
    const random = uniform(seed);
    return () => (random() < 0.02 ? Math.ceil(-5 * Math.log(1 - random())) : 0);
  },
};

/** mulberry32: a small seeded generator of numbers in [0, 1). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function normal(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function autoregressive(seed: number, share: number): () => number {
  const noise = normal(uniform(seed));
  let at = 0;
  return () => (at = share * at + noise());
}

function withCycle(noise: () => number): CleanSeries {
  return (second) => 10 * Math.sin((2 * Math.PI * second) / DAY_S) + noise();
}

/** Knuth's way: how many uniform numbers it takes until their product is small. */
function poisson(random: () => number, mean: number): number {
  const until = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > until; product *= random()) count += 1;
  return count;
}
