import type { IncomingHttpHeaders } from 'node:http';
import type { Span } from '@tidewatch/tracing';
import type { FastifyRequest } from 'fastify';

/**
 * Puts the trace of a request into the headers for the service behind, in place of what the client said. Returns what ends the step, with the
 * status of the answer, or 0 when there was none.
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client
 */
export function continueTrace(
  span: Span,
  { method }: Pick<FastifyRequest, 'method'>,
  to: { readonly headers: IncomingHttpHeaders; readonly url: URL },
): (status: number) => void {
  const { hostname, port, protocol } = to.url;
  const step = span.child(method, {
    kind: 'client',
    attributes: {
      'http.request.method': method,
      'server.address': hostname,
      'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
    },
  });
  delete to.headers['tracestate'];
  Object.assign(to.headers, step.context);
  return (status) => {
    if (status === 0) step.fail('no-answer');
    else step.set({ 'http.response.status_code': status });
    if (status >= 500) step.fail(status);
    step.end();
  };
}
