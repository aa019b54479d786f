import { Module } from '@nestjs/common';
import { AuthModule } from '@tidewatch/auth';
import { armFailPoint, MessagingModule, messagingOptions, type MessagingOptions } from '@tidewatch/messaging';
import { PG_POOL, SERVICE_CONFIG } from '@tidewatch/service-kit';
import { Tracing } from '@tidewatch/tracing';
import type { Pool } from 'pg';
import { storage, type StorageConfig } from './config';
import { ConsumersModule } from './consumers/consumers.module';
import { DetectionModule } from './detection/detection.module';
import { HistoryModule } from './history/history.module';
import { MetadataModule } from './metadata/metadata.module';
import { PreviewModule } from './preview/preview.module';

@Module({
  imports: [
    MessagingModule.forRootAsync({ inject: [SERVICE_CONFIG, PG_POOL, Tracing], useFactory: logOptions }),
    AuthModule.forRootAsync({
      inject: [PG_POOL, SERVICE_CONFIG],
      useFactory: (pool: Pool, config: StorageConfig) => ({ pool, sessionKey: config.SESSION_KEY }),
    }),
    ConsumersModule,
    HistoryModule,
    MetadataModule,
    DetectionModule,
    PreviewModule,
  ],
})
export class AppModule {}

function logOptions(config: StorageConfig, pool: Pool, tracing: Tracing): MessagingOptions {
  if (config.FAIL_POINT !== undefined) armFailPoint(config.FAIL_POINT);
  return messagingOptions(config, { name: storage.name, pool, tracing });
}
