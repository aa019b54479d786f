import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { LIVE_EVENTS, LIVE_PATH, TOPICS, type Frame, type Subscribed } from '@tidewatch/contracts';
import {
  createMessageLog,
  ensureTopics,
  type MessageLog,
  type PostgresLogOptions,
} from '@tidewatch/messaging';
import { encodeBlock, type ReadingBatch, seriesKey } from '@tidewatch/readings';
import { createLogger, createService, parseConfig, type RunningService } from '@tidewatch/service-kit';
import type { Pool } from 'pg';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { AppModule } from '../app.module';
import { dashboard } from '../config';
import { configure } from '../configure';

export const SESSION_KEY = 'a key for the tests of the dashboard only';

/** A migrated database: what `createTestDatabase` gives. */
export interface Database {
  readonly url: string;
  readonly pool: Pool;
}

/** A dashboard on a log of its own, for tests. */
export interface LiveService {
  readonly log: MessageLog;
  readonly service: RunningService;
  /** Stops the service and starts it again on the same port. */
  restart(): Promise<void>;
  connect(headers: Record<string, string>): Socket;
  stop(): Promise<void>;
}

export async function startLiveService(database: Database): Promise<LiveService> {
  const options: PostgresLogOptions = {
    driver: 'postgres',
    pool: database.pool,
    connectionString: database.url,
    instanceId: 'test',
  };
  await ensureTopics(options, { partitions: 3 });
  const log = createMessageLog(options);
  const webRoot = await writePage();
  const start = (port: number) => {
    const config = parseConfig(dashboard.config, {
      PORT: String(port),
      DATABASE_URL: database.url,
      SESSION_KEY,
      WEB_ROOT: webRoot,
    });
    return createService(dashboard, config, () => AppModule, {
      configure,
      logger: createLogger('dashboard', 'silent'),
    });
  };
  let service = await start(0);
  const sockets: Socket[] = [];
  return {
    log,
    get service() {
      return service;
    },
    async restart() {
      await service.stop();
      service = await start(Number(new URL(service.url).port));
    },
    connect(headers) {
      const socket = io(service.url, clientOptions(headers));
      sockets.push(socket);
      return socket;
    },
    async stop() {
      for (const socket of sockets) socket.disconnect();
      await service.stop();
      await log.close();
    },
  };
}

function clientOptions(headers: Record<string, string>): Partial<ManagerOptions & SocketOptions> {
  return {
    path: LIVE_PATH,
    transports: ['websocket'],
    extraHeaders: headers,
    forceNew: true,
    reconnectionDelay: 50,
    reconnectionDelayMax: 200,
  };
}

async function writePage(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'tidewatch-page-'));
  await mkdir(join(root, 'assets'));
  await writeFile(join(root, 'index.html'), '<!doctype html><title>Tidewatch</title>');
  await writeFile(join(root, 'assets/index-abc.js'), `// ${'long '.repeat(1_000)}`);
  return root;
}

function block(device: string, timeUs: number, value: number): Uint8Array {
  const batch: ReadingBatch = {
    series: [seriesKey(device, 'temperature')],
    seriesIndex: Uint32Array.of(0),
    timeUs: Float64Array.of(timeUs),
    value: Float64Array.of(value),
  };
  return encodeBlock(batch);
}

/** Puts one reading on the log, as ingestion does. */
export function appendReading(log: MessageLog, device: string, timeUs: number, value: number): Promise<void> {
  const headers = { 'received-at-ms': String(Date.now()) };
  return log.append(TOPICS.readings, [
    { partition: 1, key: device, value: block(device, timeUs, value), headers },
  ]);
}

/** Puts a new value of each of a thousand series on the log. */
export function appendMany(log: MessageLog, round: number): Promise<void> {
  const batch: ReadingBatch = {
    series: Array.from({ length: 1_000 }, (_, index) => seriesKey(`many-${index}`, 'temperature')),
    seriesIndex: Uint32Array.from({ length: 1_000 }, (_, index) => index),
    timeUs: new Float64Array(1_000).fill(round * 1_000_000),
    value: new Float64Array(1_000).fill(round),
  };
  return log.append(TOPICS.readings, [{ partition: 0, key: 'many', value: encodeBlock(batch) }]);
}

export function subscribe(socket: Socket, wanted: unknown): Promise<Subscribed> {
  return socket.timeout(5_000).emitWithAck(LIVE_EVENTS.subscribe, wanted) as Promise<Subscribed>;
}

/** All frames that a socket gets, in order. */
export function framesOf(socket: Socket): Frame[] {
  const frames: Frame[] = [];
  socket.on(LIVE_EVENTS.frame, (frame: Frame) => frames.push(frame));
  return frames;
}

/** The TCP stream below a client: pausing it is a client that does not read. */
export function streamOf(socket: Socket): Duplex {
  const { transport } = socket.io.engine as unknown as { transport: { ws: { _socket: Duplex } } };
  return transport.ws._socket;
}

/** The value of a metric of the service; 0 when it has none yet. */
export async function metricOf(live: LiveService, name: string): Promise<number> {
  const text = await (await fetch(`${live.service.url}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return Number(line?.slice(name.length) ?? 0);
}
