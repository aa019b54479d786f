import type { INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { LIVE_PATH } from '@tidewatch/contracts';
import type { Server, ServerOptions } from 'socket.io';
import type { HandshakeGuard } from './handshake-guard';

/** Largest message that a client may send: a subscription with the longest names and tags fits. */
const MAX_MESSAGE_BYTES = 64 * 1024;

/**
 * socket.io on the service's own port. WebSocket only: long polling would need every request of a client to reach the same
 * instance, and would be open to forms of foreign pages. Nobody is upgraded who has not passed the guard.
 */
export class LiveAdapter extends IoAdapter {
  constructor(
    app: INestApplicationContext,
    private readonly guard: HandshakeGuard,
  ) {
    super(app);
  }

  override createIOServer(port: number, options?: Partial<ServerOptions>): Server {
    return super.createIOServer(port, {
      ...options,
      path: LIVE_PATH,
      transports: ['websocket'],
      serveClient: false,
      maxHttpBufferSize: MAX_MESSAGE_BYTES,
      pingInterval: 10_000,
      pingTimeout: 10_000,
      connectTimeout: 5_000,
      allowRequest: (request, answer) => {
        void this.guard.examine(request).then((refusal) => answer(refusal, refusal === undefined));
      },
    } satisfies Partial<ServerOptions>) as Server;
  }
}
