import { io, type Socket } from 'socket.io-client';
import { LIVE_EVENTS, LIVE_PATH, type Frame, type Subscribed } from '@tidewatch/contracts';
import { percentile } from './load';

const SERIES = { device: 'probe', metric: 'counter', tags: {} };

export interface ProbeTarget {
  readonly ingestUrl: string;
  readonly dashboardUrl: string;
  readonly ingestKey: string;
  readonly readKey: string;
}

/**
 * Posts one reading at a time and waits until a browser's subscription shows it: the time from POST to socket, under whatever
 * load is running. Values rise by one, so a frame with at least the value sent is the answer.
 */
export class SocketProbe {
  private readonly socket: Socket;
  private readonly latencies: number[] = [];
  private sent = 0;
  private shown: (value: number) => void = () => undefined;
  private running = true;
  private done: Promise<void> = Promise.resolve();

  constructor(private readonly target: ProbeTarget) {
    this.socket = io(target.dashboardUrl, {
      path: LIVE_PATH,
      transports: ['websocket'],
      extraHeaders: { 'X-API-Key': target.readKey },
    });
    this.socket.on(LIVE_EVENTS.frame, (frame: Frame) => {
      if (frame.body.view === 'series') this.shown(frame.body.points.value.at(-1) ?? -1);
    });
  }

  async start(): Promise<void> {
    const answer = (await this.socket
      .timeout(10_000)
      .emitWithAck(LIVE_EVENTS.subscribe, { view: 'series', series: SERIES })) as Subscribed;
    if (!answer.ok) throw new Error(`subscribe: ${answer.detail}`);
    this.done = this.loop();
  }

  /** Readings that were acknowledged, and the latencies in milliseconds. */
  async stop(): Promise<{ readings: number; p50: number; p99: number; samples: number }> {
    this.running = false;
    await this.done;
    this.socket.close();
    const sorted = Float64Array.from(this.latencies).sort();
    return {
      readings: this.sent,
      p50: percentile(sorted, 0.5),
      p99: percentile(sorted, 0.99),
      samples: sorted.length,
    };
  }

  private async loop(): Promise<void> {
    while (this.running) {
      const value = this.sent + 1;
      const startedAt = performance.now();
      const seen = new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), 5_000);
        this.shown = (latest) => {
          if (latest < value) return;
          clearTimeout(timer);
          resolve(true);
        };
      });
      const response = await fetch(this.target.ingestUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': this.target.ingestKey },
        body: JSON.stringify({ ...SERIES, value }),
      });
      await response.arrayBuffer();
      if (response.status !== 202) continue;
      this.sent = value;
      await seen;
      this.latencies.push(performance.now() - startedAt);
    }
  }
}
