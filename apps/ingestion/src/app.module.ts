import { Module } from '@nestjs/common';
import { AuthModule } from '@tidewatch/auth';
import { messagingOptions, MessagingModule } from '@tidewatch/messaging';
import { PG_POOL, SERVICE_CONFIG } from '@tidewatch/service-kit';
import type { Pool } from 'pg';
import type { IngestionConfig } from './config';
import { ingestion } from './config';
import { IngestModule } from './ingest/ingest.module';

@Module({
  imports: [
    MessagingModule.forRootAsync({
      inject: [SERVICE_CONFIG, PG_POOL],
      useFactory: (config: IngestionConfig, pool: Pool) =>
        messagingOptions(config, { name: ingestion.name, pool }),
    }),
    AuthModule.forRootAsync({
      inject: [PG_POOL, SERVICE_CONFIG],
      useFactory: (pool: Pool, config: IngestionConfig) => ({ pool, sessionKey: config.SESSION_KEY }),
    }),
    IngestModule,
  ],
})
export class AppModule {}
