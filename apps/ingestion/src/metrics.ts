import { Counter, Gauge, Histogram } from 'prom-client';

/** Wire formats, and so the labels of the readings taken. */
export type Format = 'readings' | 'forerunner';

/** accepted: on the log. rejected: at fault themselves. refused: sound, but the log could not take them. */
export const readingsTotal = new Counter({
  name: 'tidewatch_readings_total',
  help: 'Readings by what became of them: accepted, rejected (invalid) or refused (the log is away or too slow).',
  labelNames: ['result', 'format'],
});

export const blockReadings = new Histogram({
  name: 'tidewatch_ingestion_block_readings',
  help: 'Readings in a block on the log.',
  buckets: [1, 5, 10, 50, 100, 500, 1_000, 2_000, 5_000, 20_000],
});

export const flushDuration = new Histogram({
  name: 'tidewatch_ingestion_flush_duration_seconds',
  help: 'From handing a flush to the log until its acknowledgement.',
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
});

export const flushFailures = new Counter({
  name: 'tidewatch_ingestion_flush_failures_total',
  help: 'Flushes that the log did not acknowledge.',
});

export const pendingBytes = new Gauge({
  name: 'tidewatch_ingestion_pending_bytes',
  help: 'Bytes of readings that wait for a flush or for the acknowledgement of the log.',
});

export const bodyBytes = new Gauge({
  name: 'tidewatch_ingestion_body_bytes',
  help: 'Bytes of request bodies that are on their way in.',
});
