/** Longer than a look into the database takes on a healthy system, and too short to be felt. */
const GRID_MS = 20;

/**
 * Resolves at the next multiple of 20 ms after `startedAtMs` (`performance.now()`), so that the time of a refusal does not tell
 * whether the key was looked up, known, revoked or not even a key.
 */
export async function untilGrid(startedAtMs: number): Promise<void> {
  const elapsed = performance.now() - startedAtMs;
  const wait = Math.ceil(GRID_MS - (elapsed % GRID_MS));
  await new Promise((resolve) => setTimeout(resolve, wait));
}
