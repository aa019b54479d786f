import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { controlTransport, MESSAGE_LOG, MESSAGING_OPTIONS } from '@tidewatch/messaging';
import type { MessageLog, MessagingOptions } from '@tidewatch/messaging';

/** Listens to control events, so that changed settings are known at once. */
export function configure(app: NestFastifyApplication): void {
  const log = app.get<MessageLog>(MESSAGE_LOG);
  app.connectMicroservice(controlTransport(app.get<MessagingOptions>(MESSAGING_OPTIONS), log));
}
