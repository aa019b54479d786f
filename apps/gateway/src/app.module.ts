import { Module, type DynamicModule } from '@nestjs/common';
import { AuthModule } from '@tidewatch/auth';
import { MessagingModule, messagingOptions } from '@tidewatch/messaging';
import { PG_POOL, SERVICE_CONFIG } from '@tidewatch/service-kit';
import type { Pool } from 'pg';
import { ApiKeysModule } from './api-keys/api-keys.module';
import { gateway, type GatewayConfig } from './config';
import { SessionModule } from './session/session.module';

@Module({})
class AppModule {}

/** The gateway's modules. What it passes on is set up in `configureGateway`. */
export function createAppModule(): DynamicModule {
  return {
    module: AppModule,
    imports: [
      AuthModule.forRootAsync({
        inject: [PG_POOL, SERVICE_CONFIG],
        useFactory: (pool: Pool, config: GatewayConfig) => ({ pool, sessionKey: config.SESSION_KEY }),
      }),
      MessagingModule.forRootAsync({
        inject: [PG_POOL, SERVICE_CONFIG],
        useFactory: (pool: Pool, config: GatewayConfig) =>
          messagingOptions(config, { name: gateway.name, pool }),
      }),
      ApiKeysModule,
      SessionModule,
    ],
  };
}
