import { createHash } from 'node:crypto';

const ROUNDS = 5;
const BYTES = Buffer.alloc(8 * 1024 * 1024, 1);

/**
 * Milliseconds that a fixed piece of work (SHA-256 of 8 MiB) takes on one core now: the median of five. A machine shared with others may be
 * several times slower in one minute than in the next, and only runs with like figures can be compared.
 */
export function calibrate(): number {
  const times = Array.from({ length: ROUNDS }, work).sort((a, b) => a - b);
  return times[Math.floor(ROUNDS / 2)]!;
}

function work(): number {
  const startedAt = performance.now();
  createHash('sha256').update(BYTES).digest();
  return performance.now() - startedAt;
}
