import { Module } from '@nestjs/common';
import { HistoryModule } from '../history/history.module';
import { MetricsController } from './metrics.controller';

@Module({ imports: [HistoryModule], controllers: [MetricsController] })
export class MetadataModule {}
