import { PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';
import { sendProblem } from '@tidewatch/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Pool, type Dispatcher } from 'undici';
import { forwardedHeaders } from './forwarded-headers';
import { withoutHopByHop } from './hop-by-hop';
import { continueTrace } from './continue-trace';
import { upstreamProblem } from './proxy-errors';
import { ResponseRelay } from './response-relay';
import type { Upstream } from './routes';

/** Shorter than that of the services' servers, so that they are not the ones who close an idle connection. */
const KEEP_ALIVE_MS = 60_000;
const CONNECT_TIMEOUT_MS = 2_000;
/** Bodies up to this size are read first and sent in one piece, which costs half as much as a stream. */
const WHOLE_BYTES = 64 * 1024;

export interface UpstreamOptions {
  readonly name: Upstream;
  readonly url: string;
  readonly connections: number;
  /** Most requests at once; more are refused, so that nothing piles up before a service that is slow. */
  readonly maxRequests: number;
  readonly timeoutMs: number;
}

/** Passes requests to one service over connections that are kept. Nothing is tried again. */
export class UpstreamClient {
  private readonly url: URL;
  private readonly pool: Pool;
  private running = 0;
  /** Announced bytes of the bodies that are being read. */
  private bodyBytes = 0;

  constructor(private readonly options: UpstreamOptions) {
    this.url = new URL(options.url);
    this.pool = new Pool(this.url.origin, {
      connections: options.connections,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      connect: { timeout: CONNECT_TIMEOUT_MS },
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
    });
  }

  /** Answers with what the service answers, or with a problem. */
  forward(request: FastifyRequest, reply: FastifyReply): void {
    if (this.running >= this.options.maxRequests) throw this.tooMany();
    const length = request.headers['content-length'];
    if (hasNoBody(request)) this.dispatch(request, reply, null);
    else if (length === undefined || Number(length) > WHOLE_BYTES) this.dispatch(request, reply, request.raw);
    else this.readWhole(request, reply, Number(length));
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }

  /** A request counts as running once its body is here: clients that send slowly do not keep others out. */
  private readWhole(request: FastifyRequest, reply: FastifyReply, length: number): void {
    if (this.bodyBytes + length > this.options.maxRequests * WHOLE_BYTES) throw this.tooMany();
    this.bodyBytes += length;
    const chunks: Buffer[] = [];
    request.raw.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.raw.on('end', () => {
      if (this.running >= this.options.maxRequests) sendProblem(this.tooMany(), request, reply);
      else this.dispatch(request, reply, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    });
    request.raw.on('close', () => (this.bodyBytes -= length));
    request.raw.on('error', () => undefined);
  }

  private tooMany(): ProblemError {
    const detail = `Too many requests wait for the ${this.options.name} service.`;
    return new ProblemError(503, PROBLEM_CODES.unavailable, detail, { retryAfterSeconds: 1 });
  }

  private dispatch(
    request: FastifyRequest,
    reply: FastifyReply,
    body: Dispatcher.DispatchOptions['body'],
  ): void {
    this.running += 1;
    const headers = forwardedHeaders(withoutHopByHop(request.headers), {
      ip: request.ip,
      host: request.host,
      protocol: request.protocol,
      requestId: request.id,
    });
    delete headers.host;
    // Of a body that is not passed on.
    if (body === null) delete headers['content-length'];
    const endSpan = request.span && continueTrace(request.span, request, { headers, url: this.url });
    const relay = new ResponseRelay(reply, {
      onEnd: (status) => {
        this.running -= 1;
        endSpan?.(status);
      },
      onFailure: (error) => sendProblem(upstreamProblem(this.options.name, error), request, reply),
    });
    this.pool.dispatch({ path: request.url, method: request.method, headers, body: body ?? null }, relay);
  }
}

/** What comes with a GET or HEAD has no meaning, and nobody without a credential is to hold a connection with it. */
function hasNoBody({ method, headers }: FastifyRequest): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  return headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0';
}
