import { PROBLEM_CODES, ProblemError, type Fault } from '@tidewatch/contracts';
import { createZodValidationPipe } from 'nestjs-zod';
import { z } from 'zod';

/** Validates arguments that are typed with a nestjs-zod DTO; faults are answered with 400, each with its JSON pointer. */
export const ProblemValidationPipe = createZodValidationPipe({
  createValidationException: (error) =>
    new ProblemError(400, PROBLEM_CODES.invalidRequest, 'The request is not valid.', {
      errors: faultsOf(error),
    }),
});

function faultsOf(error: unknown): Fault[] {
  if (!(error instanceof z.ZodError)) return [];
  return error.issues.map((issue) => ({
    pointer: issue.path.map((part) => `/${escapePointer(String(part))}`).join(''),
    code: issue.code,
    detail: issue.message,
  }));
}

/** @see https://www.rfc-editor.org/rfc/rfc6901#section-3 */
function escapePointer(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}
