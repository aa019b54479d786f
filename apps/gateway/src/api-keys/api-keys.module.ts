import { Module } from '@nestjs/common';
import { ApiKeysController } from './api-keys.controller';
import { KeyAnnouncer } from './key-announcer';

@Module({ controllers: [ApiKeysController], providers: [KeyAnnouncer] })
export class ApiKeysModule {}
