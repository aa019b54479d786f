import { CredentialVerifier } from '@tidewatch/auth';
import {
  MESSAGE_LOG,
  MESSAGING_OPTIONS,
  controlTransport,
  type MessageLog,
  type MessagingOptions,
} from '@tidewatch/messaging';
import { PG_POOL, Readiness, Shutdown } from '@tidewatch/service-kit';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import type { GatewayConfig } from './config';
import { serveExplorer } from './docs/serve-explorer';
import { limitOwnRoutes } from './limits/limit-own-routes';
import { createRequestLimits } from './limits/request-limits';
import { serveMergedOpenApi } from './openapi/serve-merged-openapi';
import { callerReader } from './proxy/caller';
import { registerProxy } from './proxy/register-proxy';
import { UpgradeTunnel } from './proxy/upgrade-tunnel';
import { addSecurityHeaders } from './security/security-headers';

/** Sets up everything that is not a controller: limits, headers, proxy, sockets and documentation. */
export async function configureGateway(app: NestFastifyApplication, config: GatewayConfig): Promise<void> {
  const server: FastifyInstance = app.getHttpAdapter().getInstance();
  const shutdown = app.get(Shutdown);
  const log = app.get<MessageLog>(MESSAGE_LOG);

  const limits = await createRequestLimits(server, config, app.get(CredentialVerifier));
  addSecurityHeaders(server);
  limitOwnRoutes(server, limits);
  serveMergedOpenApi(app, config, limits.address);
  serveExplorer(server, limits.address);
  const proxy = registerProxy(server, config, limits);
  shutdown.add('close', 'proxy', proxy.close);

  const tunnel = new UpgradeTunnel({
    upstream: config.DASHBOARD_URL,
    maxSockets: config.MAX_SOCKETS,
    callerOf: callerReader(config.TRUSTED_PROXIES),
    admit: limits.socket,
  });
  tunnel.attach(app.getHttpServer());
  shutdown.add('stop-taking', 'sockets', () => {
    tunnel.close();
    return Promise.resolve();
  });

  app.connectMicroservice(controlTransport(app.get<MessagingOptions>(MESSAGING_OPTIONS), log));
  addReadiness(app.get(Readiness), app.get<Pool>(PG_POOL));
}

/**
 * Ready once the database was reached. Later faults of it do not make the gateway unready: keys that were seen still work, and taking
 * all instances away would help nobody. The services behind answer for themselves.
 */
function addReadiness(readiness: Readiness, pool: Pool): void {
  let reached = false;
  readiness.add('database', async () => {
    if (!reached) await pool.query('SELECT 1');
    reached = true;
  });
}
