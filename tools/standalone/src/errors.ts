/** Why Tidewatch does not start, as one line for the person at the terminal. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

export function messageOf(error: unknown): string {
  return (error as Partial<Error> | null)?.message ?? String(error);
}

/** `ENOENT` and the like of a system error. */
export function codeOf(error: unknown): string | undefined {
  return (error as Partial<NodeJS.ErrnoException> | null)?.code;
}
