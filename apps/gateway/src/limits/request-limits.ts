import { PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';
import { CredentialVerifier, unauthenticated } from '@tidewatch/auth';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import type { GatewayConfig } from '../config';

const WINDOW_MS = 60_000;

type Check = (request: FastifyRequest) => Promise<void>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Id of the caller's key or session, once it is verified. */
    callerId: string;
  }
}

/** The limits of the front door; each instance of the gateway counts for itself. */
export interface RequestLimits {
  readonly credential: Check;
  readonly address: Check;
  /** For a handshake, which is no request of Fastify's: the address, and then the credential. */
  readonly socket: (ip: string, headers: IncomingHttpHeaders) => Promise<void>;
  readonly signIn: Check;
}

/** Registers the counters. A limit that is reached is answered with 429 and the seconds until the next window. */
export async function createRequestLimits(
  server: FastifyInstance,
  config: GatewayConfig,
  verifier: CredentialVerifier,
): Promise<RequestLimits> {
  await server.register(rateLimit, { global: false });
  server.decorateRequest('callerId', '');
  const byKey = limit(server, config.LIMIT_KEY_PER_MINUTE, (request) => request.callerId);
  const address = limit(server, config.LIMIT_ADDRESS_PER_MINUTE);
  const refused = limit(server, config.LIMIT_REFUSED_PER_MINUTE);
  const credential: Check = async (request) => {
    // Invented keys cost at most one query at a time, whatever their number, so a good key never waits for its turn behind them.
    const { ip } = request;
    const principal = verifier.verifyNow(request.headers) ?? (await verifier.verify(request.headers));
    if (principal === null) {
      // A client that has left meanwhile has no address any more.
      await refused(countedAs(ip));
      throw unauthenticated();
    }
    request.callerId = principal.id;
    await byKey(request);
  };
  return {
    credential,
    address,
    async socket(ip, headers) {
      await address(countedAs(ip));
      await credential({ ...countedAs(ip), headers });
    },
    signIn: limit(server, config.LIMIT_SIGN_IN_PER_MINUTE),
  };
}

/** What the counters read of a request. */
function countedAs(ip: string): FastifyRequest {
  return { ip, routeOptions: {} } as FastifyRequest;
}

function limit(
  server: FastifyInstance,
  max: number,
  keyGenerator?: (request: FastifyRequest) => string,
): Check {
  const check = server.createRateLimit({
    max,
    timeWindow: WINDOW_MS,
    ...(keyGenerator ? { keyGenerator } : {}),
  });
  return async (request) => {
    const result = await check(request);
    if (result.isAllowed || !result.isExceeded) return;
    throw new ProblemError(429, PROBLEM_CODES.tooManyRequests, 'Too many requests: come again later.', {
      retryAfterSeconds: Math.max(1, result.ttlInSeconds),
    });
  };
}
