import { Module } from '@nestjs/common';
import { HistoryModule } from '../history/history.module';
import { DetectionController } from './detection.controller';
import { SettingsAnnouncer } from './settings-announcer';

@Module({ imports: [HistoryModule], controllers: [DetectionController], providers: [SettingsAnnouncer] })
export class DetectionModule {}
