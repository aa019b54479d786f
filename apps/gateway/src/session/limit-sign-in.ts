import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Counts attempts to sign in before anything else is done for them. Controllers' routes are registered later, by Nest. */
export function limitSignIn(
  server: FastifyInstance,
  check: (request: FastifyRequest) => Promise<void>,
): void {
  server.addHook('onRoute', (route) => {
    if (route.method === 'POST' && route.url === '/v1/session') route.onRequest = check;
  });
}
