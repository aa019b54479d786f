import { Inject, Module } from '@nestjs/common';
import { ControlAnnouncer, MESSAGE_LOG, type MessageLog } from '@tidewatch/messaging';
import { Shutdown } from '@tidewatch/service-kit';
import { ApiKeysController } from './api-keys.controller';

@Module({ controllers: [ApiKeysController], providers: [ControlAnnouncer] })
export class ApiKeysModule {
  constructor(@Inject(MESSAGE_LOG) log: MessageLog, shutdown: Shutdown) {
    shutdown.add('close', 'message log', () => log.close());
  }
}
