let armed: { name: string; remaining: number } | undefined;

/**
 * Tests only: the process kills itself (SIGKILL) when it comes to the point for the nth time.
 * `spec` is `name@nth`, such as `storage.after-commit@3`; without `@nth` the first time. Throws a `RangeError` on a bad one.
 */
export function armFailPoint(spec: string): void {
  const match = /^([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:@([1-9][0-9]{0,8}))?$/.exec(spec);
  if (!match) throw new RangeError(`fail point "${spec}" is not of the form name@nth`);
  armed = { name: match[1]!, remaining: Number(match[2] ?? 1) };
}

/** A named point at which a test may kill the process; does nothing unless armed. */
export function failPoint(name: string): void {
  if (armed?.name !== name) return;
  armed.remaining -= 1;
  if (armed.remaining === 0) process.kill(process.pid, 'SIGKILL');
}
