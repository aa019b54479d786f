import { type DynamicModule, type FactoryProvider, Module } from '@nestjs/common';
import { TypeOrmModule, getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { History } from './queries/history';
import { LazyDataSource } from './queries/lazy-data-source';
import { type DataSourceSettings, dataSourceOptions } from './schema/data-source';
import { DetectionSettings } from './settings/detection';
import { Metrics } from './settings/metrics';

export type TimeSeriesModuleOptions = Pick<FactoryProvider<DataSourceSettings>, 'inject' | 'useFactory'>;

/** Provides `History`, `Metrics` and `DetectionSettings`, on connections of its own: a long query never keeps the write path waiting. */
@Module({})
export class TimeSeriesModule {
  static forRootAsync(options: TimeSeriesModuleOptions): DynamicModule {
    return {
      module: TimeSeriesModule,
      imports: [
        TypeOrmModule.forRootAsync({
          inject: options.inject ?? [],
          useFactory: async (...dependencies: unknown[]) => ({
            ...dataSourceOptions(await options.useFactory(...dependencies)),
            // The database may be away when the service starts; `LazyDataSource` connects when it is asked.
            manualInitialization: true,
          }),
        }),
      ],
      providers: [
        {
          provide: LazyDataSource,
          inject: [getDataSourceToken()],
          useFactory: (source: DataSource) => new LazyDataSource(source),
        },
        {
          provide: History,
          inject: [LazyDataSource],
          useFactory: (source: LazyDataSource) => new History(source),
        },
        {
          provide: Metrics,
          inject: [LazyDataSource],
          useFactory: (source: LazyDataSource) => new Metrics(source),
        },
        {
          provide: DetectionSettings,
          inject: [LazyDataSource],
          useFactory: (source: LazyDataSource) => new DetectionSettings(source),
        },
      ],
      exports: [History, Metrics, DetectionSettings],
    };
  }
}
