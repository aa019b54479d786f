import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  armFailPoint,
  controlTransport,
  MESSAGE_LOG,
  type MessageLog,
  MESSAGING_OPTIONS,
  type MessagingOptions,
} from '@tidewatch/messaging';
import type { IngestionConfig } from './config';
import { BodyReader } from './ingest/body-reader';

/** What the application needs beside controllers: to read bodies itself, and to hear of revoked keys at once. */
export function configure(app: NestFastifyApplication, config: IngestionConfig): void {
  if (config.FAIL_POINT !== undefined) armFailPoint(config.FAIL_POINT);
  BodyReader.takeOver(app.getHttpAdapter().getInstance());
  const log = app.get<MessageLog>(MESSAGE_LOG);
  app.connectMicroservice(controlTransport(app.get<MessagingOptions>(MESSAGING_OPTIONS), log));
}
