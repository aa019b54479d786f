import { Global, Module, RequestMethod, type DynamicModule, type Type } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { Tracing } from '@tidewatch/tracing';
import { LoggerModule } from 'nestjs-pino';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { CommonConfig } from './config/common-config';
import { OperationsModule } from './health/operations.module';
import { Readiness } from './health/readiness';
import { ProblemFilter } from './http/problem.filter';
import { ProblemValidationPipe } from './http/validation';
import { Shutdown } from './lifecycle/shutdown';
import { PG_POOL, SERVICE_CONFIG } from './tokens';

export interface ServiceParts {
  readonly app: Type | DynamicModule;
  readonly config: CommonConfig;
  readonly logger: Logger;
  readonly pool: Pool;
  readonly readiness: Readiness;
  readonly shutdown: Shutdown;
  readonly tracing: Tracing;
  readonly requestContext: boolean;
  /** Probes and metrics are part of this application. */
  readonly operations: boolean;
}

/** The root module of every service: wraps the application's module and provides what all of them share. */
@Global()
@Module({})
export class ServiceKitModule {
  static register(parts: ServiceParts): DynamicModule {
    const shared = [
      { provide: SERVICE_CONFIG, useValue: parts.config },
      { provide: PG_POOL, useValue: parts.pool },
      { provide: Readiness, useValue: parts.readiness },
      { provide: Shutdown, useValue: parts.shutdown },
      { provide: Tracing, useValue: parts.tracing },
    ];
    return {
      module: ServiceKitModule,
      imports: [
        ConfigModule.forRoot({
          isGlobal: true,
          // The environment was read and validated before Nest started; secrets do not go back into it.
          ignoreEnvFile: true,
          ignoreEnvVars: true,
          skipProcessEnv: true,
          load: [() => parts.config],
        }),
        LoggerModule.forRoot({
          pinoHttp: { logger: parts.logger },
          useExisting: true,
          ...(parts.requestContext
            ? { forRoutes: [{ path: '{*path}', method: RequestMethod.ALL }] }
            : { forRoutes: [] }),
        }),
        ...(parts.operations ? [OperationsModule.register(parts.readiness)] : []),
        parts.app,
      ],
      providers: [
        ...shared,
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_PIPE, useClass: ProblemValidationPipe },
      ],
      exports: shared.map(({ provide }) => provide),
    };
  }
}
