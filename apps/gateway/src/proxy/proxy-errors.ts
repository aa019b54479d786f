import { PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';
import type { Upstream } from './routes';

const RETRY_AFTER_SECONDS = 2;
const TIMEOUTS = /TIMEOUT/;

/** The answer for a service that could not be reached, or did not answer in time (whether it took the request is not known). */
export function upstreamProblem(upstream: Upstream, cause: unknown): ProblemError {
  const timedOut = TIMEOUTS.test(codeOf(cause)) && !codeOf(cause).includes('CONNECT');
  const detail = timedOut
    ? `The ${upstream} service did not answer in time.`
    : `The ${upstream} service is not available.`;
  return new ProblemError(timedOut ? 504 : 503, PROBLEM_CODES.unavailable, detail, {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    cause,
  });
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const own = 'code' in error ? String(error.code) : '';
  return error.cause === undefined ? own : `${own} ${codeOf(error.cause)}`;
}
