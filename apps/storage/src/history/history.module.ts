import { Module } from '@nestjs/common';
import { SERVICE_CONFIG } from '@tidewatch/service-kit';
import { TimeSeriesModule } from '@tidewatch/time-series';
import type { StorageConfig } from '../config';
import { CursorCodec } from './cursor';
import { HistoryController } from './history.controller';

/** A page takes milliseconds. What takes longer is a fault, or somebody's lock, and must not keep all connections busy. */
const STATEMENT_TIMEOUT_MS = 10_000;

@Module({
  imports: [
    TimeSeriesModule.forRootAsync({
      inject: [SERVICE_CONFIG],
      useFactory: (config: StorageConfig) => ({
        databaseUrl: config.DATABASE_URL,
        applicationName: 'tidewatch-storage-history',
        poolSize: config.HISTORY_POOL_SIZE,
        statementTimeoutMs: STATEMENT_TIMEOUT_MS,
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
  exports: [TimeSeriesModule, CursorCodec],
})
export class HistoryModule {}
