import { type Anomaly, CONSUMERS, type SeriesRef, TOPICS, type WindowAggregate } from '@tidewatch/contracts';
import { createMessageLog, type LogBatch, type MessagingOptions } from '@tidewatch/messaging';
import { Kafka, logLevel } from 'kafkajs';
import type { Pool } from 'pg';
import { setTimeout as delay } from 'node:timers/promises';
import type { Observed } from './verifier';

/** Where the platform keeps things, as an owner of both the database and the log. */
export interface Platform {
  readonly pool: Pool;
  readonly log: MessagingOptions;
}

type Offsets = Map<number, bigint>;

const CHECKPOINTED = [
  [CONSUMERS.processing, TOPICS.readings],
  [CONSUMERS.storage, TOPICS.readings],
  [CONSUMERS.storageAnomalies, TOPICS.anomalies],
  [CONSUMERS.storageDeadLetters, TOPICS.deadLetters],
] as const;

/** Waits until every consumer's checkpoint has reached the end of its topic, and says which have not at the deadline. */
export async function drain(platform: Platform, deadlineMs: number): Promise<void> {
  const until = Date.now() + deadlineMs;
  for (const [consumer, topic] of CHECKPOINTED) {
    for (;;) {
      const behind = await lag(platform, consumer, topic);
      if (behind === 0n) break;
      if (Date.now() > until) throw new Error(`${consumer} is ${behind} records behind the end of ${topic}`);
      await delay(200);
    }
  }
}

async function lag(platform: Platform, consumer: string, topic: string): Promise<bigint> {
  const ends = await endOffsets(platform, topic);
  const { rows } = await platform.pool.query<{ partition: number; next_offset: string }>(
    'SELECT partition, next_offset FROM checkpoints WHERE consumer = $1 AND topic = $2',
    [consumer, topic],
  );
  const next = new Map(rows.map((row) => [row.partition, BigInt(row.next_offset)]));
  let behind = 0n;
  for (const [partition, end] of ends) behind += end - (next.get(partition) ?? 0n);
  return behind;
}

async function endOffsets(platform: Platform, topic: string): Promise<Offsets> {
  if (platform.log.driver === 'kafka') return kafkaEndOffsets(platform.log.brokers, topic);
  const { rows } = await platform.pool.query<{ partition: number; next_offset: string }>(
    'SELECT partition, next_offset FROM log_partitions WHERE topic = $1',
    [topic],
  );
  return new Map(rows.map((row) => [row.partition, BigInt(row.next_offset)]));
}

async function kafkaEndOffsets(brokers: string[], topic: string): Promise<Offsets> {
  const admin = new Kafka({ clientId: 'ledger', brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
  } finally {
    await admin.disconnect();
  }
}

/** Everything that the database and the topics hold for devices whose name begins with `devicePrefix`. */
export async function observe(platform: Platform, devicePrefix: string): Promise<Observed> {
  const rows = await storedRows(platform.pool, devicePrefix);
  const { rows: ids } = await platform.pool.query<{ id: string }>(
    'SELECT a.id FROM anomalies a JOIN series s ON s.id = a.series_id WHERE starts_with(s.device, $1)',
    [devicePrefix],
  );
  const own = ({ series }: { series: SeriesRef }): boolean => series.device.startsWith(devicePrefix);
  const windows = (await readTopic<WindowAggregate>(platform, TOPICS.aggregates)).filter(own);
  const anomalies = (await readTopic<Anomaly>(platform, TOPICS.anomalies)).filter(own);
  return { rows, windows, anomalies, storedAnomalyIds: ids.map(({ id }) => id) };
}

async function storedRows(pool: Pool, devicePrefix: string): Promise<Observed['rows']> {
  const { rows } = await pool.query<{ time_us: string; value: number } & SeriesRef>(
    `SELECT s.device, s.metric, s.tags, (extract(epoch FROM r.time) * 1000000)::bigint AS time_us, r.value
     FROM readings r JOIN series s ON s.id = r.series_id WHERE starts_with(s.device, $1)`,
    [devicePrefix],
  );
  return rows.map(({ device, metric, tags, time_us, value }) => ({
    series: { device, metric, tags },
    timeUs: Number(time_us),
    value,
  }));
}

/** All records of a topic from its first on, in the order of each partition. */
async function readTopic<T>(platform: Platform, topic: string): Promise<T[]> {
  const ends = await endOffsets(platform, topic);
  const missing = new Set([...ends].filter(([, end]) => end > 0n).map(([partition]) => partition));
  const records: T[] = [];
  if (missing.size === 0) return records;
  const log = createMessageLog(platform.log);
  await new Promise<void>((resolve, reject) => {
    const handle = (batch: LogBatch): void => {
      for (const { value } of batch.records)
        records.push(JSON.parse(Buffer.from(value).toString('utf8')) as T);
      if (batch.nextOffset >= (ends.get(batch.partition) ?? 0n)) missing.delete(batch.partition);
      if (missing.size > 0) return;
      // Not awaited inside the handler: stopping waits for the handler to return.
      consumer.stop().then(resolve, reject);
    };
    const consumer = log.tail({ name: 'ledger', topics: [topic], sinceMs: 7 * 86_400_000, handle });
    consumer.start().catch(reject);
  });
  await log.close();
  return records;
}
