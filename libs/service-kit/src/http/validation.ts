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

/** Parses the body of a request; faults are answered with 422, each with the JSON pointer of its field. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new ProblemError(422, PROBLEM_CODES.invalidRequest, 'The body is not valid.', {
    errors: faultsOf(result.error),
  });
}

function faultsOf(error: unknown): Fault[] {
  if (!(error instanceof z.ZodError)) return [];
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({
          pointer: pointerOf([...issue.path, key]),
          code: 'unknown-field',
          detail: 'There is no such field.',
        }))
      : [{ pointer: pointerOf(issue.path), code: issue.code, detail: issue.message }],
  );
}

function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${escapePointer(String(part))}`).join('');
}

/** @see https://www.rfc-editor.org/rfc/rfc6901#section-3 */
function escapePointer(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}
