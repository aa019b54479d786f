/**
 * Polls until `check` gives something other than undefined, null or false, and returns that. Throws with `what` and the last error after the deadline.
 */
export async function waitFor<T>(
  what: string,
  check: () => T | Promise<T>,
  deadlineMs = 30_000,
): Promise<NonNullable<T>> {
  const until = Date.now() + deadlineMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value !== undefined && value !== null && value !== false) return value;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > until) throw new Error(`gave up after ${deadlineMs} ms waiting for ${what}`, { cause });
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
