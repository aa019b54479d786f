import { LIMITS, PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayConfig } from '../config';
import { isOddPath } from './odd-paths';
import { PROXIED_ROUTES, RESERVED_PATHS, UPSTREAMS, upstreamUrl, type Upstream } from './routes';
import { UpstreamClient } from './upstream-client';

export type RequestCheck = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** What is asked of a request before it is passed on. */
export interface ProxyChecks {
  /** Refuses what has no valid credential. */
  readonly credential: RequestCheck;
  /** Bounds the requests of one address. */
  readonly address: RequestCheck;
}

/** Registers all proxied routes. Resolves its result when every connection to the services is closed. */
export function registerProxy(
  server: FastifyInstance,
  config: GatewayConfig,
  checks: ProxyChecks,
): { close: () => Promise<void> } {
  const clients = clientsOf(config);
  void server.register((scope, _options, done) => {
    for (const { upstream, methods, paths, credential } of PROXIED_ROUTES) {
      const client = clients[upstream];
      const onRequest = [refuseOddities, credential ? checks.credential : checks.address];
      for (const url of paths) {
        scope.route({
          url,
          method: [...methods],
          onRequest,
          // Answers before anybody reads the body: a parser that does nothing would cost a twentieth of the whole.
          preParsing: (request, reply) => {
            client.forward(request, reply);
          },
          handler: unreachable,
        });
      }
    }
    done();
  });
  for (const url of RESERVED_PATHS) {
    const onRequest = (_request: FastifyRequest, reply: FastifyReply) => reply.callNotFound();
    server.all(url, { onRequest }, unreachable);
  }
  return {
    async close() {
      await Promise.all(UPSTREAMS.map((name) => clients[name].close()));
    },
  };
}

function unreachable(): never {
  throw new Error('these requests are answered before a body is parsed');
}

function clientsOf(config: GatewayConfig): Record<Upstream, UpstreamClient> {
  const client = (name: Upstream) =>
    new UpstreamClient({
      name,
      url: upstreamUrl(config, name),
      connections: config.UPSTREAM_CONNECTIONS,
      maxRequests: config.UPSTREAM_MAX_REQUESTS,
      timeoutMs: config.UPSTREAM_TIMEOUT_MS,
    });
  return { ingestion: client('ingestion'), storage: client('storage'), dashboard: client('dashboard') };
}

/** Streams have no limit of their own (a body in chunks does not say its size: the service behind stops it), and paths no climbing. */
function refuseOddities(request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void {
  if (Number(request.headers['content-length'] ?? 0) > LIMITS.requestBytes) {
    const most = `${LIMITS.requestBytes / 1024 ** 2} MiB`;
    const detail = `A body may have at most ${most}. Send the readings in several requests.`;
    done(new ProblemError(413, PROBLEM_CODES.payloadTooLarge, detail));
  } else if (isOddPath(request.url)) {
    done(new ProblemError(404, PROBLEM_CODES.notFound, 'There is nothing at this path.'));
  } else {
    done();
  }
}
