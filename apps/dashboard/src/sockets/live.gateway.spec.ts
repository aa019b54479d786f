import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Shutdown } from '@tidewatch/service-kit';
import type { Socket } from 'socket.io';
import { FrameSources } from '../frames/frame-sources';
import { HealthPoller } from '../health/health-poller';
import { LiveState } from '../state/live-state';
import type { HandshakeGuard } from './handshake-guard';
import { LiveGateway } from './live.gateway';

/** A socket whose client has taken all but the messages in `writeBuffer`. */
function fakeSocket(id: string) {
  const writeBuffer: string[] = [];
  const close = jest.fn();
  const disconnect = jest.fn();
  const conn = { transport: { writable: true }, writeBuffer, close };
  return { socket: { id, conn, disconnect } as unknown as Socket, writeBuffer, close, disconnect };
}

describe('the live gateway', () => {
  let guard: { connected: number; readonly isFull: boolean };
  let gateway: LiveGateway;
  beforeEach(() => {
    guard = {
      connected: 0,
      get isFull() {
        return this.connected >= 2;
      },
    };
    const sources = new FrameSources(new LiveState(), new HealthPoller(new Map()));
    gateway = new LiveGateway(sources, guard as unknown as HandshakeGuard, new Shutdown());
  });

  test('gives a client that does not take its answers no snapshots on top', () => {
    const { socket, writeBuffer } = fakeSocket('a');
    gateway.handleConnection(socket);
    writeBuffer.push(...Array<string>(15).fill('waits'));
    expect(gateway.subscribe(socket, { view: 'latest' })).toMatchObject({ ok: true });
    writeBuffer.push('waits');
    expect(gateway.subscribe(socket, { view: 'latest' })).toEqual({
      ok: false,
      code: 'too-many-requests',
      detail: 'Earlier answers have not been taken yet.',
    });
  });

  test('drops a client that asks on and on and takes no answer', () => {
    const { socket, writeBuffer, close } = fakeSocket('a');
    gateway.handleConnection(socket);
    writeBuffer.push(...Array<string>(255).fill('waits'));
    gateway.unsubscribe(socket, { subscriptionId: 's1' });
    expect(close).not.toHaveBeenCalled();
    writeBuffer.push('waits');
    gateway.unsubscribe(socket, { subscriptionId: 's1' });
    expect(close).toHaveBeenCalledWith(true);
  });

  test('lets in no more than its limit, also of those whose handshakes were examined at the same time', () => {
    const sockets = ['a', 'b', 'c'].map(fakeSocket);
    for (const { socket } of sockets) gateway.handleConnection(socket);
    expect(sockets.map(({ disconnect }) => disconnect.mock.calls)).toEqual([[], [], [[true]]]);
    expect(gateway.subscribe(sockets[2]!.socket, { view: 'latest' })).toMatchObject({ ok: false });
    gateway.handleDisconnect(sockets[0]!.socket);
    expect(guard.connected).toBe(1);
  });
});
