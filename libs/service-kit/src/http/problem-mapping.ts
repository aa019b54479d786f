import { STATUS_CODES } from 'node:http';
import { isNativeError } from 'node:util/types';
import { HttpException } from '@nestjs/common';
import { PROBLEM_CODES, ProblemError, type Problem, type ProblemCode } from '@tidewatch/contracts';

const CODE_OF_STATUS: Readonly<Record<number, ProblemCode>> = {
  400: PROBLEM_CODES.invalidRequest,
  401: PROBLEM_CODES.unauthenticated,
  403: PROBLEM_CODES.forbidden,
  404: PROBLEM_CODES.notFound,
  405: PROBLEM_CODES.methodNotAllowed,
  409: PROBLEM_CODES.conflict,
  412: PROBLEM_CODES.preconditionFailed,
  413: PROBLEM_CODES.payloadTooLarge,
  415: PROBLEM_CODES.unsupportedMediaType,
  422: PROBLEM_CODES.invalidRequest,
  429: PROBLEM_CODES.tooManyRequests,
  503: PROBLEM_CODES.unavailable,
};

/** Fastify's and Node's codes for a body that is not what its content type says. */
const MALFORMED_BODY = new Set([
  'FST_ERR_CTP_INVALID_JSON_BODY',
  'FST_ERR_CTP_EMPTY_JSON_BODY',
  'FST_ERR_CTP_INVALID_CONTENT_LENGTH',
]);

const RETRY_AFTER_SECONDS = 2;

/** PostgreSQL or the way to it is away: system errors of the socket, and SQLSTATE classes 08, 57 (also a statement that took too long) and 53. */
const DATABASE_AWAY =
  /^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|ENOTFOUND|EHOSTUNREACH|08...|57014|57P0[1-5]|53300)$/;
const POOL_AWAY = /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout)/;

/** Turns whatever was thrown into the error that is answered. Faults of our own become 500 without any detail of theirs. */
export function toProblemError(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  // Not `instanceof`: errors of sockets and timers may be of another realm, as they are inside of jest.
  if (!isNativeError(error) && !(error instanceof Error)) return internal(error);
  if (error.name === 'LogOverloadedError') return unavailable(error, 'Too much waits to be written.', 1);
  if (error.name === 'LogUnavailableError') return unavailable(error, 'The message log is not available.');
  if (error instanceof HttpException) return fromStatus(error.getStatus(), error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (MALFORMED_BODY.has(code) || error.name === 'SyntaxError') return fromSyntax(error);
  if (DATABASE_AWAY.test(code) || POOL_AWAY.test(error.message)) {
    return unavailable(error, 'The database is not available.');
  }
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  return status >= 400 && status < 500 ? fromStatus(status, error) : internal(error);
}

/** The body of the answer to a `ProblemError`. */
export function problemOf(error: ProblemError, requestId: string): Problem {
  return {
    type: `urn:tidewatch:problem:${error.code}`,
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    detail: error.message,
    // Each refusal of a credential has the same body, byte for byte; the request id is in its header.
    ...(error.status === 401 ? {} : { requestId }),
    ...(error.extra.errors ? { errors: error.extra.errors } : {}),
  };
}

function fromStatus(status: number, error: Error): ProblemError {
  const code = CODE_OF_STATUS[status];
  if (code === undefined) return status < 500 ? client(status, error) : internal(error);
  return new ProblemError(status, code, error.message, { cause: error });
}

function client(status: number, error: Error): ProblemError {
  return new ProblemError(status, PROBLEM_CODES.invalidRequest, error.message, { cause: error });
}

function fromSyntax(error: Error): ProblemError {
  // A SyntaxError of JSON.parse outside the body parser has no status code: that is our own fault.
  if (!('statusCode' in error)) return internal(error);
  return new ProblemError(400, PROBLEM_CODES.malformedBody, 'The body is not valid JSON.', { cause: error });
}

function unavailable(error: Error, detail: string, retryAfterSeconds = RETRY_AFTER_SECONDS): ProblemError {
  return new ProblemError(503, PROBLEM_CODES.unavailable, detail, { retryAfterSeconds, cause: error });
}

function internal(cause: unknown): ProblemError {
  return new ProblemError(500, PROBLEM_CODES.internal, 'Something went wrong on our side.', { cause });
}
