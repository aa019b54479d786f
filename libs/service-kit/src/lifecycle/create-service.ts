import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DynamicModule, NestApplicationOptions, Type } from '@nestjs/common';
import type { AddressInfo } from 'node:net';
import { Tracing } from '@tidewatch/tracing';
import { Logger as NestLogger } from 'nestjs-pino';
import { Pool } from 'pg';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { ServiceSchema } from '../config/common-config';
import { tracingSettings } from '../config/tracing-config';
import { OperationsModule } from '../health/operations.module';
import { Readiness } from '../health/readiness';
import { exportState } from '../health/state-metrics';
import { createServer } from '../http/fastify-server';
import { createLogger } from '../logging/logger';
import { serveOpenApi } from '../openapi/document';
import type { ServiceDefinition } from '../service-definition';
import { ServiceKitModule } from '../service-kit.module';
import { Shutdown } from './shutdown';
import { stopService } from './stop-service';

const DEFAULT_BODY_LIMIT = 1024 * 1024;
const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;
/** How much longer than a statement may take we wait for the database to say so: one that is frozen, or cut off, says nothing. */
const ANSWER_TIMEOUT_MS = 2_000;

export type AppModule = Type | DynamicModule;

export interface ServiceOptions<S extends ServiceSchema> {
  /**
   * Runs on the created application before it initialises: Fastify plugins, socket adapters, `connectMicroservice`
   * (connected microservices are started with the service).
   */
  readonly configure?: (app: NestFastifyApplication, config: z.output<S>) => void | Promise<void>;
  /** Default: JSON lines on stdout. */
  readonly logger?: Logger;
}

/** A service that listens. */
export interface RunningService {
  readonly app: NestFastifyApplication;
  readonly logger: Logger;
  /** `http://host:port` of the service's own port. */
  readonly url: string;
  /** Where `/startz`, `/livez`, `/readyz` and `/metrics` are: the same, or the internal port. */
  readonly internalUrl: string;
  /** The whole shutdown, see `stopService`. Resolves to the number of steps that failed. */
  stop(): Promise<number>;
}

/** Builds a service and listens. It leaves signals and the process alone: see `runService`. */
export async function createService<S extends ServiceSchema>(
  definition: ServiceDefinition<S>,
  config: z.output<S>,
  appModule: (config: z.output<S>) => AppModule,
  options: ServiceOptions<S> = {},
): Promise<RunningService> {
  const logger = options.logger ?? createLogger(definition.name, config.LOG_LEVEL);
  const tracing = Tracing.start(tracingSettings(definition.name, config), logger);
  const pool = createPool(definition, config, logger);
  const readiness = new Readiness();
  exportState(readiness, pool);
  const shutdown = new Shutdown();
  const requestContext = definition.requestContext ?? true;
  const { adapter, running } = createServer({
    logger,
    requestContext,
    bodyLimit: definition.bodyLimit ?? DEFAULT_BODY_LIMIT,
    quietRoutes: definition.quietRoutes ?? [],
    trustedProxies: definition.trustedProxies?.(config),
    tracer: tracing.tracer,
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    ServiceKitModule.register({
      ...{ app: appModule(config), config, logger, pool, readiness, shutdown, tracing, requestContext },
      operations: definition.internalPort === undefined,
    }),
    adapter,
    nestOptions(true),
  );
  app.useLogger(app.get(NestLogger));
  app.flushLogs();
  if (definition.internalPort === undefined) serveOpenApi(app, definition);
  await options.configure?.(app, config);
  if (app.getMicroservices().length > 0) await app.startAllMicroservices();
  const internal = definition.internalPort
    ? await listenInternally(readiness, logger, { host: config.HOST, port: definition.internalPort(config) })
    : undefined;
  await app.listen(config.PORT, config.HOST);
  readiness.start();
  const url = urlOf(app, config.HOST);
  const parts = { app, internal, pool, readiness, shutdown, running, tracing, logger };
  return {
    ...{ app, logger, url },
    internalUrl: internal ? urlOf(internal, config.HOST) : url,
    stop: () => stopService(parts, config.SHUTDOWN_DELAY_MS),
  };
}

function nestOptions(bodyParser: boolean): NestApplicationOptions {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest declares this bag of options as a class and does not export it
  return { abortOnError: false, bufferLogs: true, bodyParser };
}

function createPool(
  { name, statementTimeoutMs = STATEMENT_TIMEOUT_MS }: Pick<ServiceDefinition, 'name' | 'statementTimeoutMs'>,
  config: z.output<ServiceSchema>,
  logger: Logger,
): Pool {
  const pool = new Pool({
    connectionString: config.DATABASE_URL,
    max: config.DATABASE_POOL_SIZE,
    application_name: `tidewatch-${name}`,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + ANSWER_TIMEOUT_MS,
    keepAlive: true,
  });
  // Without a listener the loss of an idle connection would end the process.
  pool.on('error', (error) => logger.warn({ err: error }, 'lost an idle database connection'));
  return pool;
}

async function listenInternally(
  readiness: Readiness,
  logger: Logger,
  address: { host: string; port: number },
): Promise<NestFastifyApplication> {
  const { adapter } = createServer({ logger, requestContext: false, bodyLimit: 1, quietRoutes: [] });
  const app = await NestFactory.create<NestFastifyApplication>(
    OperationsModule.register(readiness),
    adapter,
    nestOptions(false),
  );
  await app.listen(address.port, address.host);
  return app;
}

function urlOf(app: NestFastifyApplication, host: string): string {
  const { port } = app.getHttpServer().address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
