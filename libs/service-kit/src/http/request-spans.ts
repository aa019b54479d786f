import type { Span, Tracer } from '@tidewatch/tracing';
import { traceFields } from '@tidewatch/tracing';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** The request's step in its trace; undefined while tracing is off. */
    span: Span | undefined;
  }
}

/** A span for each request that is not for one of the quiet paths, below the one that the caller names in `traceparent`. */
export function traceRequests(
  server: FastifyInstance,
  tracer: Tracer | undefined,
  untraced: readonly string[],
): void {
  server.decorateRequest('span', undefined);
  if (tracer === undefined) return;
  server.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url;
    if (route === undefined || !untraced.includes(route)) begin(tracer, request, reply);
    done();
  });
}

/** @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server */
function begin(tracer: Tracer, request: FastifyRequest, reply: FastifyReply): void {
  const { method } = request;
  const route = request.routeOptions.url;
  const span = tracer.begin(route === undefined ? method : `${method} ${route}`, request.headers, {
    kind: 'server',
    attributes: {
      'http.request.method': method,
      'url.scheme': request.protocol,
      'tidewatch.request.id': request.id,
      ...(route !== undefined && { 'http.route': route }),
    },
  });
  request.span = span;
  if (!span.isSampled) return;
  // Where log lines take what they say of their request from.
  request.log = request.log.child(traceFields(span));
  // Fastify's `onResponse` does not come when the client hangs up.
  reply.raw.once('close', () => {
    if (reply.raw.headersSent) span.set({ 'http.response.status_code': reply.raw.statusCode });
    if (!reply.raw.writableFinished) span.fail('client-closed');
    else if (reply.raw.statusCode >= 500) span.fail(reply.raw.statusCode);
    span.end();
  });
}
