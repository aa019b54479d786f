import { PROBLEM_CONTENT_TYPE } from '@tidewatch/contracts';
import { traceFields } from '@tidewatch/tracing';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { lingerOnClose } from './linger';
import { problemOf, toProblemError } from './problem-mapping';

/** Answers with problem+json for anything that was thrown; 5xx are logged with their cause. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblemError(error);
  if (problem.status >= 500) logFailure(problem.status, problem.extra.cause ?? problem, request);
  if (reply.sent) return;
  lingerOnClose(request.raw);
  if (problem.extra.retryAfterSeconds !== undefined) {
    void reply.header('retry-after', String(problem.extra.retryAfterSeconds));
  }
  // RFC 9110 wants a challenge with each 401.
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer realm="tidewatch"');
  void reply
    .code(problem.status)
    .header('content-type', PROBLEM_CONTENT_TYPE)
    .send(JSON.stringify(problemOf(problem, request.id)));
}

function logFailure(status: number, error: unknown, request: FastifyRequest): void {
  const { id: requestId, method, routeOptions } = request;
  const line = { err: error, requestId, ...traceFields(request.span), method, route: routeOptions.url };
  if (status === 503) request.log.warn(line, 'request refused for now');
  else request.log.error(line, 'request failed');
}
