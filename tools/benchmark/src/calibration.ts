const ROUNDS = 5;
const ITERATIONS = 20_000_000;

/** Keeps the compiler from leaving the work out. */
let sink = 0;

/**
 * Milliseconds that a fixed piece of work takes on one core now: the median of five. A machine shared with others is several times
 * slower in one minute than in the next, and only runs with like figures can be compared.
 */
export function calibrate(): number {
  const times = Array.from({ length: ROUNDS }, work).sort((a, b) => a - b);
  return times[Math.floor(ROUNDS / 2)]!;
}

function work(): number {
  const startedAt = performance.now();
  let sum = sink;
  for (let i = 0; i < ITERATIONS; i++) sum = (sum + i * 7) | 0;
  sink = sum;
  return performance.now() - startedAt;
}
