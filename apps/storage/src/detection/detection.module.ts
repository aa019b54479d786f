import { Module } from '@nestjs/common';
import { ControlAnnouncer } from '@tidewatch/messaging';
import { HistoryModule } from '../history/history.module';
import { DetectionController } from './detection.controller';

@Module({ imports: [HistoryModule], controllers: [DetectionController], providers: [ControlAnnouncer] })
export class DetectionModule {}
