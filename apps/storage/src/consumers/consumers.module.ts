import { Module } from '@nestjs/common';
import { PG_POOL, SERVICE_CONFIG } from '@tidewatch/service-kit';
import { SeriesDictionary } from '@tidewatch/time-series';
import type { Pool } from 'pg';
import type { StorageConfig } from '../config';
import { ConsumersService } from './consumers.service';
import { SchemaCheck } from './schema-check';
import { SUBSCRIPTIONS, subscriptions } from './subscriptions';

@Module({
  providers: [
    {
      provide: SUBSCRIPTIONS,
      inject: [SERVICE_CONFIG, PG_POOL],
      useFactory: (config: StorageConfig, pool: Pool) =>
        subscriptions(config, pool, new SeriesDictionary(pool, config.SERIES_CACHE_SIZE)),
    },
    ConsumersService,
    SchemaCheck,
  ],
})
export class ConsumersModule {}
