import { Module } from '@nestjs/common';
import { AuthModule } from '@tidewatch/auth';
import { MessagingModule, messagingOptions, type MessagingOptions } from '@tidewatch/messaging';
import { PG_POOL, SERVICE_CONFIG } from '@tidewatch/service-kit';
import { Tracing } from '@tidewatch/tracing';
import type { Pool } from 'pg';
import { dashboard, type DashboardConfig } from './config';
import { PageModule } from './page/page.module';
import { SocketsModule } from './sockets/sockets.module';

@Module({
  imports: [
    AuthModule.forRootAsync({
      inject: [PG_POOL, SERVICE_CONFIG],
      useFactory: (pool: Pool, config: DashboardConfig) => ({ pool, sessionKey: config.SESSION_KEY }),
    }),
    MessagingModule.forRootAsync({
      inject: [SERVICE_CONFIG, PG_POOL, Tracing],
      useFactory: logOptions,
    }),
    SocketsModule,
    PageModule,
  ],
})
export class AppModule {}

function logOptions(config: DashboardConfig, pool: Pool, tracing: Tracing): MessagingOptions {
  return messagingOptions(config, { name: dashboard.name, pool, tracing });
}
