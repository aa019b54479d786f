import {
  type Anomaly,
  ANOMALY_EVENT_TYPES,
  type AnomalyEvent,
  CONSUMERS,
  type GroupPartial,
  type SeriesRef,
  TOPICS,
  type WindowAggregate,
} from '@tidewatch/contracts';
import {
  type ConsumedRecord,
  createMessageLog,
  type LogBatch,
  type MessagingOptions,
} from '@tidewatch/messaging';
import { decodeBlock } from '@tidewatch/readings';
import { Kafka, logLevel } from 'kafkajs';
import type { Pool } from 'pg';
import { setTimeout as delay } from 'node:timers/promises';
import type { PublishedAnomaly } from './compare-anomalies';
import type { Observed, ObservedReading } from './verifier';

/** Where the platform keeps things, as an owner of both the database and the log. */
export interface Platform {
  readonly pool: Pool;
  readonly log: MessagingOptions;
}

type Offsets = Map<number, bigint>;

/** How far the topics had come at a moment. */
export interface Mark {
  readonly atMs: number;
  readonly ends: ReadonlyMap<string, Offsets>;
}

const READ_TOPICS = [TOPICS.readings, TOPICS.aggregates, TOPICS.anomalies];
const READ_DEADLINE_MS = 120_000;
/** The log's clock may be another one. */
const CLOCK_MARGIN_MS = 60_000;

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

export async function endOffsets(platform: Platform, topic: string): Promise<Offsets> {
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

/** Call it before the first reading is sent; see `observe`. */
export async function mark(platform: Platform): Promise<Mark> {
  const atMs = Date.now();
  const ends = await Promise.all(
    READ_TOPICS.map(async (topic) => [topic, await endOffsets(platform, topic)] as const),
  );
  return { atMs, ends: new Map(ends) };
}

/** Everything that the database and the topics (from `since` on) hold for devices and groups whose name begins with `devicePrefix`. */
export async function observe(
  platform: Platform,
  devicePrefix: string,
  since: Mark,
): Promise<Omit<Observed, 'groupWindows'>> {
  const rows = await storedRows(platform.pool, devicePrefix);
  const { rows: deadLetters } = await platform.pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM dead_letters',
  );
  const own = ({ series }: { series: SeriesRef }): boolean => series.device.startsWith(devicePrefix);
  const logged: ObservedReading[] = [];
  const windows: WindowAggregate[] = [];
  const groupParts: GroupPartial[] = [];
  const anomalies: PublishedAnomaly[] = [];
  await readTopic(platform, TOPICS.readings, since, (value) => logged.push(...readingsOf(value).filter(own)));
  await readTopic(platform, TOPICS.aggregates, since, (value) => {
    const window = parse(value) as WindowAggregate | GroupPartial;
    if (!('group' in window)) {
      if (own(window)) windows.push(window);
    } else if (window.group.value.startsWith(devicePrefix)) groupParts.push(window);
  });
  await readTopic(platform, TOPICS.anomalies, since, (value, headers) => {
    const anomaly = parse(value) as Anomaly;
    if (own(anomaly)) anomalies.push({ ...anomaly, event: eventOf(headers) });
  });
  return {
    rows,
    logged,
    windows,
    groupParts,
    anomalies,
    storedAnomalies: await storedAnomalies(platform.pool, devicePrefix),
    deadLetters: deadLetters[0]!.count,
  };
}

function eventOf(headers: ConsumedRecord['headers']): AnomalyEvent {
  const types = Object.entries(ANOMALY_EVENT_TYPES) as [AnomalyEvent, string][];
  const known = types.find(([, type]) => type === headers['ce_type']);
  if (known === undefined) throw new Error(`an event of an anomaly of the type ${headers['ce_type']}`);
  return known[0];
}

function parse(value: Uint8Array): unknown {
  return JSON.parse(Buffer.from(value).toString('utf8'));
}

function readingsOf(block: Uint8Array): ObservedReading[] {
  const { series, seriesIndex, timeUs, value } = decodeBlock(block);
  const refs = series.map(({ tags, ...names }): SeriesRef => ({ ...names, tags: Object.fromEntries(tags) }));
  return Array.from(value, (it, row) => ({
    series: refs[seriesIndex[row]!]!,
    timeUs: timeUs[row]!,
    value: it,
  }));
}

async function storedRows(pool: Pool, devicePrefix: string): Promise<ObservedReading[]> {
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

const time = (column: string): string =>
  `to_char(a.${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** Each as the event has it that stands. */
async function storedAnomalies(pool: Pool, devicePrefix: string): Promise<Anomaly[]> {
  const { rows } = await pool.query<Anomaly>(
    `SELECT a.id, a.revision, a.state, a.incident_id AS "incidentId",
       jsonb_build_object('device', s.device, 'metric', s.metric, 'tags', s.tags) AS series,
       ${time('began')} AS began, ${time('peak_time')} AS "peakTime", a.peak_value AS "peakValue",
       ${time('ended')} AS ended, a.duration_seconds AS "durationSeconds", a.flagged_readings AS "flaggedReadings",
       a.expected_min AS "expectedMin", a.expected_max AS "expectedMax", a.score, a.ratio, a.deviation, a.finding,
       a.statistics, a.related, a.severity, a.detector, a.explanation, a.counterfactual
     FROM anomalies a JOIN series s ON s.id = a.series_id WHERE starts_with(s.device, $1)`,
    [devicePrefix],
  );
  return rows;
}

/** Gives all records of a topic that came after the mark, and maybe some before, in the order of each partition. */
async function readTopic(
  platform: Platform,
  topic: string,
  since: Mark,
  take: (value: Uint8Array, headers: ConsumedRecord['headers']) => void,
): Promise<void> {
  const ends = await endOffsets(platform, topic);
  const before = since.ends.get(topic);
  const missing = new Set(
    [...ends]
      .filter(([partition, end]) => end > (before?.get(partition) ?? 0n))
      .map(([partition]) => partition),
  );
  if (missing.size === 0) return;
  const log = createMessageLog(platform.log);
  const sinceMs = Date.now() - since.atMs + CLOCK_MARGIN_MS;
  let late: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const handle = (batch: LogBatch): void => {
        for (const { value, headers } of batch.records) take(value, headers);
        if (batch.nextOffset >= (ends.get(batch.partition) ?? 0n)) missing.delete(batch.partition);
        if (missing.size > 0) return;
        // Not awaited inside the handler: stopping waits for the handler to return.
        consumer.stop().then(resolve, reject);
      };
      const consumer = log.tail({ name: 'ledger', topics: [topic], sinceMs, handle });
      late = setTimeout(() => {
        const partitions = [...missing].join(', ');
        reject(new Error(`${topic} cannot be read to its end: partitions ${partitions} are missing`));
        void consumer.stop();
      }, READ_DEADLINE_MS);
      consumer.start().catch(reject);
    });
  } finally {
    clearTimeout(late);
    await log.close();
  }
}
