import { Logger } from '@nestjs/common';

/** Where the library logs; Nest's `Logger` and anything like it. */
export interface MessagingLogger {
  log(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export function defaultLogger(): MessagingLogger {
  return new Logger('messaging');
}

/** One line for a log: an `AggregateError` (a refused connection) has an empty message of its own. */
export function describeError(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(describeError).join('; ');
  }
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
