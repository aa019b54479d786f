import type { FastifyInstance } from 'fastify';
import type { RequestLimits } from './request-limits';

/** Whoever signs in or out has no credential yet, or none any more. */
const SESSION = '/v1/session';

/**
 * Counts requests for the controllers' routes before anything else is done for them, and refuses what has no valid credential.
 * Nest registers these routes later.
 */
export function limitOwnRoutes(server: FastifyInstance, limits: RequestLimits): void {
  server.addHook('onRoute', (route) => {
    if (route.url === SESSION && route.method === 'POST') route.onRequest = limits.signIn;
    else if (route.url === SESSION && route.method === 'DELETE') route.onRequest = limits.address;
    else if (route.url === SESSION || route.url.startsWith('/v1/api-keys'))
      route.onRequest = limits.credential;
  });
}
