import { beforeEach, describe, expect, test } from '@jest/globals';
import type { FrameBody } from '@tidewatch/contracts';
import { LiveConnection, type LiveSocket } from './live-connection';

type Ack = (answer: unknown) => void;

class FakeSocket implements LiveSocket {
  connected = false;
  connects = 0;
  readonly sent: { event: string; payload: unknown; ack?: Ack }[] = [];
  readonly #listeners = new Map<string, (...values: never[]) => void>();
  on(event: string, listener: (...values: never[]) => void): void {
    this.#listeners.set(event, listener);
  }
  emit(event: string, payload: unknown, ack?: Ack): void {
    this.sent.push(ack ? { event, payload, ack } : { event, payload });
  }
  connect(): void {
    this.connects++;
  }
  disconnect(): void {
    this.connected = false;
  }
  receive(event: string, value?: unknown): void {
    if (event === 'connect') this.connected = true;
    if (event === 'disconnect') this.connected = false;
    this.#listeners.get(event)?.(value as never);
  }
}

const body = (time: number): FrameBody => ({
  view: 'series',
  points: { timeMs: [time], value: [1] },
  windows: [],
});
const frameOf = (subscriptionId: string, seq: number) => ({ subscriptionId, seq, body: body(seq) });

describe('the live connection', () => {
  let socket: FakeSocket;
  let refused: number;
  let waiting: (() => void)[];
  let connection: LiveConnection;
  let seen: string[];
  const listener = (frame: FrameBody, isSnapshot: boolean) => {
    if (frame.view === 'series') seen.push(`${isSnapshot ? 'snapshot' : 'frame'} ${frame.points.timeMs[0]!}`);
  };
  const acknowledge = (id: string) => socket.sent.at(-1)!.ack!({ ok: true, frame: frameOf(id, 0) });

  beforeEach(() => {
    socket = new FakeSocket();
    refused = 0;
    waiting = [];
    seen = [];
    connection = new LiveConnection(
      socket,
      () => refused++,
      (action) => waiting.push(action),
    );
  });

  test('subscribes on connecting; the snapshot comes first, then the frames', () => {
    connection.subscribe({ view: 'latest' }, listener);
    expect(socket.sent).toEqual([]);
    expect(connection.status).toBe('connecting');
    socket.receive('connect');
    expect(connection.status).toBe('live');
    acknowledge('s1');
    socket.receive('frame', frameOf('s1', 1));
    socket.receive('frame', frameOf('s1', 2));
    socket.receive('frame', frameOf('other', 1));
    socket.receive('frame', 'rubbish');
    expect(seen).toEqual(['snapshot 0', 'frame 1', 'frame 2']);
  });

  test('subscribes anew after a reconnect', () => {
    connection.subscribe({ view: 'latest' }, listener);
    socket.receive('connect');
    acknowledge('s1');
    socket.receive('disconnect', 'transport close');
    expect(connection.status).toBe('reconnecting');
    socket.receive('connect_error');
    expect(refused).toBe(1);
    socket.receive('connect');
    acknowledge('s1');
    expect(socket.sent.map(({ event }) => event)).toEqual(['subscribe', 'subscribe']);
    expect(seen).toEqual(['snapshot 0', 'snapshot 0']);
    expect(connection.status).toBe('live');
  });

  test('subscribes anew when a frame is missing', () => {
    connection.subscribe({ view: 'latest' }, listener);
    socket.receive('connect');
    acknowledge('s1');
    socket.receive('frame', frameOf('s1', 2));
    expect(socket.sent.slice(1).map(({ event, payload }) => [event, payload])).toEqual([
      ['unsubscribe', { subscriptionId: 's1' }],
      ['subscribe', { view: 'latest' }],
    ]);
    socket.receive('frame', frameOf('s1', 3));
    acknowledge('s2');
    socket.receive('frame', frameOf('s2', 1));
    expect(seen).toEqual(['snapshot 0', 'snapshot 0', 'frame 1']);
  });

  test('comes back by itself when the server closed the connection', () => {
    socket.receive('connect');
    socket.receive('disconnect', 'io server disconnect');
    expect(refused).toBe(1);
    waiting.forEach((action) => action());
    expect(socket.connects).toBe(1);
  });

  test('asks again after a refusal, and says why', () => {
    const refusals: string[] = [];
    connection.subscribe({ view: 'latest' }, listener, (detail) => refusals.push(detail));
    socket.receive('connect');
    socket.sent[0]!.ack!({ ok: false, code: 'too-many-requests', detail: 'Wait.' });
    expect(socket.sent).toHaveLength(1);
    expect(refusals).toEqual(['Wait.']);
    waiting.forEach((action) => action());
    expect(socket.sent).toHaveLength(2);
  });

  test('lets a subscription go that ended before it was acknowledged', () => {
    const end = connection.subscribe({ view: 'latest' }, listener);
    socket.receive('connect');
    const { ack } = socket.sent[0]!;
    end();
    ack!({ ok: true, frame: frameOf('s1', 0) });
    expect(seen).toEqual([]);
    expect(socket.sent.at(-1)).toEqual({ event: 'unsubscribe', payload: { subscriptionId: 's1' } });
  });
});
