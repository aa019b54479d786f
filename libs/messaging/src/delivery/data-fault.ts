import { PoisonRecordError } from '../port/errors';

/**
 * Whether the data provoked the error, so that trying again is in vain. Everything else is infrastructure.
 * SQLSTATE class 22 is a data exception, 23 a violated constraint.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function isDataFault(error: unknown): boolean {
  if (error instanceof PoisonRecordError) return true;
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return true;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^2[23][0-9A-Z]{3}$/.test(code);
}
