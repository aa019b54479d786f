import { createApiKey } from '@tidewatch/auth';
import { TOPICS } from '@tidewatch/contracts';
import {
  createMessageLog,
  ensureTopics,
  type LogBatch,
  type MessageLog,
  type MessagingOptions,
} from '@tidewatch/messaging';
import { decodeBlock, formatTimeUs } from '@tidewatch/readings';
import { createService, parseConfig, type RunningService } from '@tidewatch/service-kit';
import type { Pool } from 'pg';
import { pino } from 'pino';
import { AppModule } from '../app.module';
import { ingestion } from '../config';
import { configure } from '../configure';

export interface Sent {
  readonly path?: string;
  readonly headers?: Record<string, string>;
}

/** The service on a migrated database, with topics and keys. */
export interface IngestionForTests {
  readonly service: RunningService;
  readonly log: MessageLog;
  readonly ingestKey: string;
  readonly readKey: string;
  /** POSTs with the ingest key as JSON unless `sent` says otherwise. A string or buffer is the body as it is. */
  post(body: string | Buffer | object, sent?: Sent): Promise<Response>;
  stop(): Promise<number>;
}

/** On the embedded log, or on Kafka when brokers are given. */
export async function startIngestion(
  database: { url: string; pool: Pool },
  brokers?: string,
  settings: Record<string, string> = {},
): Promise<IngestionForTests> {
  const common = { pool: database.pool, instanceId: 'ingestion-test' };
  const options: MessagingOptions =
    brokers === undefined
      ? { ...common, driver: 'postgres', connectionString: database.url }
      : { ...common, driver: 'kafka', brokers: [brokers], clientId: 'ingestion-test' };
  await ensureTopics(options);
  const ingestKey = (await createApiKey(database.pool, { name: 'device', scopes: ['ingest'] })).key;
  const readKey = (await createApiKey(database.pool, { name: 'reader', scopes: ['read'] })).key;
  const config = parseConfig(ingestion.config, {
    DATABASE_URL: database.url,
    SESSION_KEY: 'k'.repeat(32),
    PORT: '0',
    ...settings,
    ...(brokers === undefined ? {} : { MESSAGE_LOG: 'kafka', KAFKA_BROKERS: brokers }),
  });
  const logger = pino({ level: 'silent' });
  const service = await createService(ingestion, config, () => AppModule, { configure, logger });
  const log = createMessageLog(options);
  return {
    ...{ service, log, ingestKey, readKey },
    post: (body, { path = '/v1/readings', headers = {} } = {}) =>
      fetch(new URL(path, service.url), {
        method: 'POST',
        headers: { 'x-api-key': ingestKey, 'content-type': 'application/json', ...headers },
        body: bytesOf(body),
      }),
    stop: async () => {
      await log.close();
      return service.stop();
    },
  };
}

function bytesOf(body: string | Buffer | object): string | Uint8Array<ArrayBuffer> {
  if (typeof body === 'string') return body;
  return Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body);
}

/** A reading as it is on the log. */
export interface LoggedReading {
  readonly partition: number;
  readonly device: string;
  readonly metric: string;
  readonly tags: Record<string, string>;
  readonly time: string;
  readonly value: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** All readings of a batch of `readings.v1`, in order. */
export function readingsIn({ topic, partition, records }: LogBatch): LoggedReading[] {
  if (topic !== TOPICS.readings) return [];
  return records.flatMap(({ value: bytes, headers }) => {
    const { series, seriesIndex, timeUs, value } = decodeBlock(bytes);
    return Array.from(seriesIndex, (index, row) => {
      const { device, metric, tags } = series[index]!;
      const time = formatTimeUs(timeUs[row]!);
      return { partition, device, metric, tags: Object.fromEntries(tags), time, value: value[row]!, headers };
    });
  });
}
