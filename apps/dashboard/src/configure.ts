import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { controlTransport, MESSAGE_LOG, MESSAGING_OPTIONS } from '@tidewatch/messaging';
import type { MessageLog, MessagingOptions } from '@tidewatch/messaging';
import { HandshakeGuard } from './sockets/handshake-guard';
import { LiveAdapter } from './sockets/live-adapter';

/** Puts the socket on the service's port and listens to control events, so that a revoked key is known at once. */
export function configure(app: NestFastifyApplication): void {
  app.useWebSocketAdapter(new LiveAdapter(app, app.get(HandshakeGuard)));
  const log = app.get<MessageLog>(MESSAGE_LOG);
  app.connectMicroservice(controlTransport(app.get<MessagingOptions>(MESSAGING_OPTIONS), log));
}
