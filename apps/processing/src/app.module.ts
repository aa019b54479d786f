import { Module } from '@nestjs/common';
import { detectorKind } from '@tidewatch/anomaly-detection';
import {
  armFailPoint,
  MESSAGE_LOG,
  type MessageLog,
  MessagingModule,
  messagingOptions,
  type MessagingOptions,
} from '@tidewatch/messaging';
import { PG_POOL, SERVICE_CONFIG } from '@tidewatch/service-kit';
import { Tracing } from '@tidewatch/tracing';
import type { Pool } from 'pg';
import { processing, type ProcessingConfig } from './config';
import { CheckpointPace } from './partitions/checkpoint-pace';
import { PARTITION_DEPENDENCIES, type PartitionDependencies } from './partitions/open-partition';
import { ProcessingService } from './partitions/processing.service';
import { StateStore } from './partitions/state-store';
import { SettingsChangedController } from './settings/settings-changed.controller';
import { SettingsFeed } from './settings/settings-feed';
import { SettingsStore } from './settings/settings-store';

@Module({
  imports: [
    MessagingModule.forRootAsync({ inject: [SERVICE_CONFIG, PG_POOL, Tracing], useFactory: logOptions }),
  ],
  controllers: [SettingsChangedController],
  providers: [
    { provide: SettingsStore, inject: [PG_POOL], useFactory: (pool: Pool) => new SettingsStore(pool) },
    SettingsFeed,
    {
      provide: PARTITION_DEPENDENCIES,
      inject: [SERVICE_CONFIG, MESSAGE_LOG, PG_POOL, SettingsFeed],
      useFactory: partitionDependencies,
    },
    ProcessingService,
  ],
})
export class AppModule {}

function logOptions(config: ProcessingConfig, pool: Pool, tracing: Tracing): MessagingOptions {
  if (config.FAIL_POINT !== undefined) armFailPoint(config.FAIL_POINT);
  return messagingOptions(config, { name: processing.name, pool, tracing });
}

function partitionDependencies(
  config: ProcessingConfig,
  log: MessageLog,
  pool: Pool,
  feed: SettingsFeed,
): PartitionDependencies {
  return {
    log,
    store: new StateStore(pool),
    detection: new SettingsStore(pool),
    latestRevision: () => feed.latest,
    detector: detectorKind(config.DETECTOR),
    pace: new CheckpointPace({
      leastMs: config.CHECKPOINT_INTERVAL_MS,
      mostMs: config.CHECKPOINT_MAX_INTERVAL_MS,
      share: config.CHECKPOINT_SHARE,
    }),
    settings: {
      latenessMs: config.ALLOWED_LATENESS_MS,
      reorderMs: config.REORDER_DELAY_MS,
      idleTimeoutMs: config.IDLE_TIMEOUT_MS,
      evictAfterMs: config.SERIES_EVICTION_MS,
      maxAheadMs: config.MAX_CLOCK_AHEAD_MS,
      maxSeries: config.MAX_SERIES_PER_PARTITION,
      maxRecentTimes: config.MAX_RECENT_TIMES_PER_SERIES,
      maxTimes: config.MAX_RECENT_TIMES_PER_PARTITION,
      maxHistoryBytes: config.MAX_HISTORY_BYTES_PER_PARTITION,
      episodeCalmMs: config.EPISODE_CALM_MS,
      slidingWindows: config.SLIDING_WINDOWS,
      groupTags: config.GROUP_TAGS,
      maxGroups: config.MAX_GROUPS_PER_PARTITION,
    },
  };
}
