import { LIVE_EVENTS, type Frame } from '@tidewatch/contracts';
import type { Socket } from 'socket.io';
import type { LiveClient } from '../frames/frame-scheduler';
import { RequestBudget } from './request-budget';

/** A socket as the scheduler sees it. */
export class SocketClient implements LiveClient {
  readonly budget = new RequestBudget(Date.now);
  /** Requests in a row that were refused because the budget was used up. */
  refusals = 0;

  constructor(readonly socket: Socket) {}

  /** The transport is writable again when the operating system has taken all that was written before. */
  isClear(): boolean {
    return this.socket.conn.transport.writable && this.backlog === 0;
  }

  /** Messages that wait for those before them to leave. */
  get backlog(): number {
    return (this.socket.conn as unknown as { writeBuffer: unknown[] }).writeBuffer.length;
  }

  send(frame: Frame): void {
    this.socket.emit(LIVE_EVENTS.frame, frame);
  }

  drop(): void {
    // Not `disconnect`: its farewell would only queue behind what does not leave.
    this.socket.conn.close(true);
  }
}
