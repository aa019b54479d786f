import type { z } from 'zod';
import type { ServiceSchema } from '../config/common-config';
import { processEnvironment } from '../config/environment';
import { ConfigError, parseConfig } from '../config/parse-config';
import { createLogger } from '../logging/logger';
import type { ServiceDefinition } from '../service-definition';
import { createService, type AppModule, type RunningService, type ServiceOptions } from './create-service';

const SHUTDOWN_DEADLINE_MS = 25_000;

/**
 * The whole life of a service's process: configuration, start, signals, shutdown. Ends the process with 1 when the configuration
 * is not valid, the start fails, shutdown takes longer than 25 s or a second signal comes; with 0 after a clean shutdown.
 */
export async function runService<S extends ServiceSchema>(
  definition: ServiceDefinition<S>,
  appModule: (config: z.output<S>) => AppModule,
  options: ServiceOptions<S> = {},
): Promise<void> {
  const config = loadConfig(definition);
  const logger = options.logger ?? createLogger(definition.name, config.LOG_LEVEL);
  const crash = (error: unknown) => {
    logger.fatal({ err: error }, 'unexpected error: ending, so that the supervisor starts anew');
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  try {
    const service = await createService(definition, config, appModule, { ...options, logger });
    stopOnSignal(service);
    logger.info({ url: service.url }, 'listening');
  } catch (error) {
    logger.fatal({ err: error }, startFailure(error));
    process.exit(1);
  }
}

function loadConfig<S extends ServiceSchema>(definition: ServiceDefinition<S>): z.output<S> {
  try {
    return parseConfig(definition.config, processEnvironment());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) process.stderr.write(`${definition.name}: ${problem}\n`);
    process.exit(1);
  }
}

function stopOnSignal(service: RunningService): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) {
      service.logger.warn({ signal }, 'second signal: ending at once');
      process.exit(1);
    }
    stopping = true;
    service.logger.info({ signal }, 'stopping');
    setTimeout(() => {
      service.logger.fatal('shutdown took too long: ending');
      process.exit(1);
    }, SHUTDOWN_DEADLINE_MS).unref();
    void service.stop().then((failures) => process.exit(failures === 0 ? 0 : 1));
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

function startFailure(error: unknown): string {
  const { code, port } = error as { code?: string; port?: number };
  if (code === 'EADDRINUSE') return `port ${String(port)} is in use`;
  return 'the service did not start';
}
