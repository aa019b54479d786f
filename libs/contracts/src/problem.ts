import { z } from 'zod';

/** Stable codes of every error that Tidewatch answers with; `type` of a problem is `urn:tidewatch:problem:<code>`. */
export const PROBLEM_CODES = {
  malformedBody: 'malformed-body',
  unsupportedMediaType: 'unsupported-media-type',
  payloadTooLarge: 'payload-too-large',
  invalidReadings: 'invalid-readings',
  invalidRequest: 'invalid-request',
  unauthenticated: 'unauthenticated',
  forbidden: 'forbidden',
  notFound: 'not-found',
  methodNotAllowed: 'method-not-allowed',
  conflict: 'conflict',
  preconditionFailed: 'precondition-failed',
  tooManyRequests: 'too-many-requests',
  unavailable: 'unavailable',
  internal: 'internal',
} as const;

export type ProblemCode = (typeof PROBLEM_CODES)[keyof typeof PROBLEM_CODES];

/** One fault in a request. `pointer` is an RFC 6901 JSON pointer into the body (or the name of a parameter). */
export const fault = z.object({
  index: z.number().int().nonnegative().optional(),
  pointer: z.string(),
  code: z.string(),
  detail: z.string(),
});
export type Fault = z.infer<typeof fault>;

/** RFC 9457 problem details, with `errors` and `requestId` as extension members. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  instance: z.string().optional(),
  requestId: z.string().optional(),
  errors: z.array(fault).optional(),
});
export type Problem = z.infer<typeof problem>;

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** The error that every service throws for a fault it answers itself; one filter turns it into problem+json. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  constructor(
    readonly status: number,
    readonly code: ProblemCode,
    detail: string,
    readonly extra: { errors?: Fault[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(detail, { cause: extra.cause });
  }
}
