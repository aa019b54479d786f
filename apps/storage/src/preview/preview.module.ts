import { Module } from '@nestjs/common';
import { SERVICE_CONFIG } from '@tidewatch/service-kit';
import type { StorageConfig } from '../config';
import { HistoryModule } from '../history/history.module';
import { PreviewController } from './preview.controller';
import { PreviewService } from './preview.service';
import { PreviewSlots } from './preview-slots';

@Module({
  imports: [HistoryModule],
  controllers: [PreviewController],
  providers: [
    PreviewService,
    {
      provide: PreviewSlots,
      inject: [SERVICE_CONFIG],
      useFactory: (config: StorageConfig) => new PreviewSlots(config.PREVIEWS_AT_ONCE),
    },
  ],
})
export class PreviewModule {}
