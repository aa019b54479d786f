import type { Server } from 'node:http';
import { NestMicroservice } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Tracing } from '@tidewatch/tracing';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Readiness } from '../health/readiness';
import type { RunningRequests } from '../http/fastify-server';
import type { Shutdown } from './shutdown';

/** Running requests get this long before what they wait for is taken away. */
const DRAIN_DEADLINE_MS = 10_000;

export interface StoppableParts {
  readonly app: NestFastifyApplication;
  readonly internal: NestFastifyApplication | undefined;
  readonly pool: Pool;
  readonly readiness: Readiness;
  readonly shutdown: Shutdown;
  readonly running: RunningRequests;
  readonly tracing: Tracing;
  readonly logger: Logger;
}

/**
 * Not ready; wait for load balancers to see it; close the port and let running requests end; the phases of `Shutdown`;
 * Nest's own hooks (sockets and microservices close here); the pool; the last traces. Probes answer on an internal port until the end.
 * Nest's order (hooks first, port last) would take the log away from requests that still run. Resolves to the number of failures.
 */
export async function stopService(parts: StoppableParts, delayMs: number): Promise<number> {
  const { app, running, logger } = parts;
  parts.readiness.stop();
  logger.info('stopping: not ready any more');
  await new Promise((resolve) => setTimeout(resolve, delayMs));

  running.closing = true;
  const server: Server = app.getHttpServer();
  server.close();
  server.closeIdleConnections();
  await withDeadline(running.none(), DRAIN_DEADLINE_MS, () =>
    logger.warn('some requests did not end in time'),
  );
  logger.info('stopping: port closed');

  // Control events come from the log, which the phases close.
  parts.shutdown.add('stop-taking', 'microservices', () => closeMicroservices(app));
  let failures = await parts.shutdown.run((step, error) =>
    logger.error({ err: error, step }, 'shutdown step failed'),
  );
  server.closeAllConnections();
  const { internal, pool, tracing } = parts;
  const endings = [() => app.close(), () => pool.end(), () => tracing.stop(), () => internal?.close()];
  for (const end of endings) {
    try {
      await end();
    } catch (error) {
      failures += 1;
      logger.error({ err: error }, 'closing failed');
    }
  }
  logger.info({ failures }, 'stopped');
  return failures;
}

/** Marked as terminated first: else Nest would run the application's own hooks now, and close it again later. */
async function closeMicroservices(app: NestFastifyApplication): Promise<void> {
  for (const microservice of app.getMicroservices()) {
    if (microservice instanceof NestMicroservice) microservice.setIsTerminated(true);
    await microservice.close();
  }
}

async function withDeadline(work: Promise<void>, deadlineMs: number, onMissed: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      onMissed();
      resolve();
    }, deadlineMs);
  });
  await Promise.race([work, deadline]);
  clearTimeout(timer);
}
