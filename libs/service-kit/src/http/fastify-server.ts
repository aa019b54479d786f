import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { PROBLEM_CODES, PROBLEM_CONTENT_TYPE, ProblemError } from '@tidewatch/contracts';
import {
  LogController,
  fastify,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { traceFields, type Tracer } from '@tidewatch/tracing';
import type { Logger } from 'pino';
import { AllowedMethods } from './allowed-methods';
import { problemOf } from './problem-mapping';
import { requestIdOf } from './request-id';
import { requestDurations } from './request-metrics';
import { traceRequests } from './request-spans';
import { sendProblem } from './send-problem';

const KEEP_ALIVE_MS = 72_000;
const REQUEST_TIMEOUT_MS = 60_000;
const PROBES = ['/startz', '/livez', '/readyz', '/metrics'];

export interface ServerOptions {
  readonly logger: Logger;
  readonly bodyLimit: number;
  readonly requestContext: boolean;
  readonly quietRoutes: readonly string[];
  readonly trustedProxies?: readonly string[] | undefined;
  readonly tracer?: Tracer | undefined;
}

/** The Fastify adapter with our own answers to errors: Nest's would drop Fastify's error codes on the way. */
class ServiceAdapter extends FastifyAdapter {
  // Nest installs its handlers while it initialises; ours are in place before any plugin is loaded and stay.
  override setErrorHandler(): FastifyInstance {
    return this.getInstance();
  }

  override setNotFoundHandler(): FastifyInstance {
    return this.getInstance();
  }
}

/** Counts requests that are being served, so that shutdown can wait for them. */
export class RunningRequests {
  private count = 0;
  private waiting: (() => void)[] = [];
  /** While set, answers ask the client to close the connection. */
  closing = false;

  begin(): void {
    this.count += 1;
  }

  end(): void {
    this.count -= 1;
    if (this.count > 0) return;
    for (const resolve of this.waiting) resolve();
    this.waiting = [];
  }

  /** Resolves when no request runs any more. */
  async none(): Promise<void> {
    if (this.count > 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}

/** Builds the HTTP side of a service: ids, durations, logs and errors of requests. */
export function createServer(options: ServerOptions): { adapter: FastifyAdapter; running: RunningRequests } {
  // The wider type: that of pino itself would make an instance that the adapter does not take.
  const logger: FastifyBaseLogger = options.logger;
  const server = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: (request) => requestIdOf(request.headers),
    bodyLimit: options.bodyLimit,
    trustProxy: options.trustedProxies?.length ? [...options.trustedProxies] : false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Node would answer a request without `Host` itself, with no body: ours is a problem.
    http: { requireHostHeader: false },
    // While the port closes, requests that were already on their way are served.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: sendProblem,
    clientErrorHandler: answerUnparsable,
    // A child logger for each request is only needed where log lines take the id from their context.
    ...(options.requestContext ? {} : { childLoggerFactory: (root: FastifyBaseLogger) => root }),
  });
  const running = new RunningRequests();
  server.setErrorHandler(sendProblem);
  // An expectation that nobody knows may be ignored; Node would answer 417 with no body.
  server.server.on('checkExpectation', (request, response) =>
    server.server.emit('request', request, response),
  );
  // Node would close the connection without a word.
  server.server.on('connect', (_request, socket) => endWith(socket, 400, 'Bad Request'));
  refuseUnknownRoutes(server);
  // First: what comes after may log.
  traceRequests(server, options.tracer, PROBES);
  observeRequests(server, options, running);
  return { adapter: new ServiceAdapter(server), running };
}

function refuseUnknownRoutes(server: FastifyInstance): void {
  const methods = new AllowedMethods();
  server.addHook('onRoute', (route) => {
    methods.add(route.url, Array.isArray(route.method) ? route.method : [route.method]);
  });
  const refuse = (request: FastifyRequest, reply: FastifyReply): ProblemError => {
    const path = request.url.split('?', 1)[0]!;
    const allowed = methods.of(path);
    // A route that takes the method says itself that there is nothing.
    if (allowed.length === 0 || allowed.includes(request.method)) {
      return new ProblemError(404, PROBLEM_CODES.notFound, 'There is nothing at this path.');
    }
    void reply.header('allow', allowed.join(', '));
    return new ProblemError(
      405,
      PROBLEM_CODES.methodNotAllowed,
      `This path does not take ${request.method}.`,
    );
  };
  // Before a body is read, and found fault with; after all hooks that add headers to each answer.
  server.addHook('preParsing', (request, reply, _body, done) => {
    if (request.is404) done(refuse(request, reply));
    else if (!hasHost(request))
      done(new ProblemError(400, PROBLEM_CODES.invalidRequest, 'There is no Host header.'));
    else done();
  });
  // For routes that find out themselves that there is nothing.
  server.setNotFoundHandler((request, reply) => {
    throw refuse(request, reply);
  });
}

function observeRequests(server: FastifyInstance, options: ServerOptions, running: RunningRequests): void {
  const durations = requestDurations();
  const quiet = new Set([...PROBES, ...options.quietRoutes]);
  server.addHook('onRequest', (request, reply, done) => {
    // Fastify's `onResponse` does not come when the client hangs up; `close` always does.
    running.begin();
    reply.raw.once('close', () => running.end());
    void reply.header('x-request-id', request.id);
    if (running.closing) void reply.header('connection', 'close');
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unmatched';
    durations.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    if (!quiet.has(route) || options.logger.isLevelEnabled('debug')) {
      logRequest(options.logger, quiet.has(route) ? 'debug' : 'info', request, reply);
    }
    done();
  });
}

/** @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2 */
function hasHost({ headers, raw }: FastifyRequest): boolean {
  return headers.host !== undefined || raw.httpVersion !== '1.1';
}

function logRequest(
  logger: Logger,
  level: 'debug' | 'info',
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  logger[level](
    {
      requestId: request.id,
      ...traceFields(request.span),
      method: request.method,
      path: request.url.split('?', 1)[0],
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 10) / 10,
    },
    'request',
  );
}

/** What cannot be parsed as HTTP has no request: the answer is written to the socket. */
function answerUnparsable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, line } = statusOfClientError(error.code);
  endWith(socket, status, line);
}

/** Writes a problem for which there is no reply. */
function endWith(socket: Duplex, status: number, line: string): void {
  const problem = new ProblemError(status, PROBLEM_CODES.invalidRequest, line);
  const body = JSON.stringify({ ...problemOf(problem, ''), requestId: undefined });
  const head = [
    `HTTP/1.1 ${status} ${line}`,
    `content-type: ${PROBLEM_CONTENT_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.on('error', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function statusOfClientError(code: string | undefined): { status: number; line: string } {
  if (code === 'HPE_HEADER_OVERFLOW') return { status: 431, line: 'Request Header Fields Too Large' };
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return { status: 408, line: 'Request Timeout' };
  return { status: 400, line: 'Bad Request' };
}
