import { Counter, Histogram } from 'prom-client';

export const readings = new Counter({
  name: 'tidewatch_storage_readings_total',
  help: 'Readings by outcome: written, duplicate (stored already), or conflict (a duplicate with another value).',
  labelNames: ['outcome'] as const,
});

export const anomalies = new Counter({
  name: 'tidewatch_storage_anomalies_total',
  help: 'Anomalies written or brought up to date by an event, without repeats.',
});

export const deadLetters = new Counter({
  name: 'tidewatch_storage_dead_letters_total',
  help: 'Dead letters written, without repeats.',
});

export const earlierTransactionsEnded = new Counter({
  name: 'tidewatch_storage_earlier_transactions_ended_total',
  help: 'Transactions of earlier owners of a partition that were ended on taking it over.',
});

export const stageDuration = new Histogram({
  name: 'tidewatch_storage_stage_duration_seconds',
  help: 'Time per batch of readings by stage: decode, resolve (series ids), transaction.',
  labelNames: ['stage'] as const,
  buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
});

export const batchReadings = new Histogram({
  name: 'tidewatch_storage_batch_readings',
  help: 'Readings in a transaction.',
  buckets: [1, 10, 100, 1_000, 5_000, 10_000, 20_000, 50_000, 100_000],
});

export const latency = new Histogram({
  name: 'tidewatch_storage_latency_seconds',
  help: 'From the receipt of a block by ingestion until its readings are committed.',
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
});

export const previews = new Counter({
  name: 'tidewatch_storage_previews_total',
  help: 'Previews of detection by outcome: complete, stopped (at a bound), or broken-off (by a fault, or the client left).',
  labelNames: ['outcome'] as const,
});

export const previewReadings = new Counter({
  name: 'tidewatch_storage_preview_readings_total',
  help: 'Readings that previews have replayed, of those that came to a summary.',
});
