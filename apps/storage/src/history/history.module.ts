import { Module } from '@nestjs/common';
import { SERVICE_CONFIG } from '@tidewatch/service-kit';
import { TimeSeriesModule } from '@tidewatch/time-series';
import type { StorageConfig } from '../config';
import { CursorCodec } from './cursor';
import { HistoryController } from './history.controller';

@Module({
  imports: [
    TimeSeriesModule.forRootAsync({
      inject: [SERVICE_CONFIG],
      useFactory: (config: StorageConfig) => ({
        databaseUrl: config.DATABASE_URL,
        applicationName: 'tidewatch-storage-history',
        poolSize: config.HISTORY_POOL_SIZE,
      }),
    }),
  ],
  controllers: [HistoryController],
  providers: [
    {
      provide: CursorCodec,
      inject: [SERVICE_CONFIG],
      useFactory: (config: StorageConfig) => new CursorCodec(config.SESSION_KEY),
    },
  ],
})
export class HistoryModule {}
