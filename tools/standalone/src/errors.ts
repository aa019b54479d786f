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

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'no permission to write there',
  EPERM: 'no permission to write there',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
  ENOTDIR: 'it, or a part of its path, is a file',
  ENOENT: 'it cannot be made',
};

/** Why a file or folder cannot be used, for the person at the terminal. */
export function reasonOf(error: unknown): string {
  return REASONS[codeOf(error) ?? ''] ?? messageOf(error);
}

/** What to say when a start ends: one line for what a person can change, the stack for a fault of ours. */
export function lastLine(error: unknown): string {
  if (error instanceof StartError) return error.message;
  const { path } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (path !== undefined && codeOf(error) !== undefined) return `${path} cannot be used: ${reasonOf(error)}.`;
  return `Unexpected: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}`;
}
