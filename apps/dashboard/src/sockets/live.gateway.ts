import { Logger, type OnApplicationBootstrap } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
} from '@nestjs/websockets';
import {
  LIVE_EVENTS,
  PROBLEM_CODES,
  type ProblemCode,
  type Subscribed,
  unsubscription,
} from '@tidewatch/contracts';
import { Shutdown } from '@tidewatch/service-kit';
import type { Server, Socket } from 'socket.io';
import { NoRoomError } from '../frames/frame-source';
import { FrameScheduler } from '../frames/frame-scheduler';
import { FrameSources } from '../frames/frame-sources';
import {
  clientsDropped,
  framesConflated,
  framesSent,
  liveLatency,
  liveSockets,
  refusedHandshakes,
} from '../metrics';
import { HandshakeGuard } from './handshake-guard';
import { parseSubscription } from './parse-subscription';
import { SocketClient } from './socket-client';

const MAX_SUBSCRIPTIONS = 16;
/** Finer than the interval of frames, so that a reading after a pause is on its way at once. */
const TICK_MS = 20;
const RECHECK_MS = 5_000;
/** A client that goes on asking although it is told to wait is not one of ours. */
const MAX_REFUSALS = 100;
/** Answers that wait for a client before it gets no further snapshot, and before it is dropped. */
const MAX_BACKLOG = { snapshots: 16, answers: 256 };

/** The socket: who is connected, and what they subscribe to. */
@WebSocketGateway()
export class LiveGateway
  implements OnGatewayConnection<Socket>, OnGatewayDisconnect<Socket>, OnApplicationBootstrap
{
  @WebSocketServer() private readonly server!: Server;
  readonly #logger = new Logger('LiveGateway');
  readonly #clients = new Map<string, SocketClient>();
  readonly #timers: NodeJS.Timeout[] = [];
  #isRechecking = false;
  readonly #scheduler = new FrameScheduler(Date.now, {
    sent: (view, latencyMs) => {
      framesSent.inc({ view });
      if (latencyMs !== undefined) liveLatency.observe({ view }, latencyMs / 1000);
    },
    conflated: (view) => framesConflated.inc({ view }),
    dropped: () => clientsDropped.inc(),
  });

  constructor(
    private readonly sources: FrameSources,
    private readonly guard: HandshakeGuard,
    private readonly shutdown: Shutdown,
  ) {}

  onApplicationBootstrap(): void {
    this.#timers.push(setInterval(() => this.#scheduler.tick(), TICK_MS));
    this.#timers.push(setInterval(() => void this.#dropRevoked(), RECHECK_MS));
    this.shutdown.add('stop-taking', 'sockets', () => {
      this.#timers.forEach(clearInterval);
      this.server.disconnectSockets(true);
      return Promise.resolve();
    });
  }

  handleConnection(socket: Socket): void {
    // Handshakes that were examined at the same time did not see each other.
    if (this.guard.isFull) {
      refusedHandshakes.inc({ reason: 'limit' });
      socket.disconnect(true);
      return;
    }
    this.#clients.set(socket.id, new SocketClient(socket));
    this.#count();
  }

  handleDisconnect(socket: Socket): void {
    const client = this.#clients.get(socket.id);
    if (client !== undefined) this.#scheduler.closeAll(client);
    this.#clients.delete(socket.id);
    this.#count();
  }

  /** Answers with frame 0, or says what is wrong; never throws. */
  @SubscribeMessage(LIVE_EVENTS.subscribe)
  subscribe(@ConnectedSocket() socket: Socket, @MessageBody() body: unknown): Subscribed {
    const client = this.#clients.get(socket.id);
    if (client === undefined) return refuse(PROBLEM_CODES.unavailable, 'The connection is closing.');
    if (!this.#isWithinBudget(client))
      return refuse(PROBLEM_CODES.tooManyRequests, 'Too many requests: wait a second.');
    const wanted = parseSubscription(body);
    if (typeof wanted === 'string') return refuse(PROBLEM_CODES.invalidRequest, wanted);
    if (client.backlog >= MAX_BACKLOG.snapshots)
      return refuse(PROBLEM_CODES.tooManyRequests, 'Earlier answers have not been taken yet.');
    if (this.#scheduler.count(client) >= MAX_SUBSCRIPTIONS) {
      return refuse(
        PROBLEM_CODES.tooManyRequests,
        `A connection has at most ${MAX_SUBSCRIPTIONS} subscriptions.`,
      );
    }
    try {
      return { ok: true, frame: this.#scheduler.open(client, this.sources.create(wanted)) };
    } catch (error) {
      if (error instanceof NoRoomError) return refuse(PROBLEM_CODES.unavailable, error.message);
      this.#logger.error({ err: error }, 'a subscription failed');
      return refuse(PROBLEM_CODES.internal, 'The subscription failed.');
    }
  }

  /** Ends a subscription; one that does not exist is no fault. */
  @SubscribeMessage(LIVE_EVENTS.unsubscribe)
  unsubscribe(@ConnectedSocket() socket: Socket, @MessageBody() body: unknown): { ok: boolean } {
    const client = this.#clients.get(socket.id);
    const wanted = unsubscription.safeParse(body);
    if (client !== undefined) this.#dropFlooding(client);
    if (client === undefined || !wanted.success) return { ok: false };
    return { ok: this.#scheduler.close(client, wanted.data.subscriptionId) };
  }

  #isWithinBudget(client: SocketClient): boolean {
    if (client.budget.take()) {
      client.refusals = 0;
      return true;
    }
    if (++client.refusals > MAX_REFUSALS) client.drop();
    return false;
  }

  /** A client that asks and asks, and takes no answer. */
  #dropFlooding(client: SocketClient): void {
    if (client.backlog < MAX_BACKLOG.answers) return;
    clientsDropped.inc();
    client.drop();
  }

  async #dropRevoked(): Promise<void> {
    // A slow database must not make rounds pile up.
    if (this.#isRechecking) return;
    this.#isRechecking = true;
    await Promise.all([...this.#clients.values()].map(({ socket }) => this.#dropIfRevoked(socket)));
    this.#isRechecking = false;
  }

  async #dropIfRevoked(socket: Socket): Promise<void> {
    if (!(await this.guard.isRevoked(socket.request))) return;
    this.#logger.log('the credential of a socket does not hold any more');
    socket.disconnect(true);
  }

  #count(): void {
    this.guard.connected = this.#clients.size;
    liveSockets.set(this.#clients.size);
  }
}

function refuse(code: ProblemCode, detail: string): Subscribed {
  return { ok: false, code, detail };
}
