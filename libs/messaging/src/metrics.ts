import { Counter, Gauge, Histogram } from 'prom-client';

export const consumerLag = new Gauge({
  name: 'tidewatch_consumer_lag_records',
  help: 'Records on the partition that the consumer has not handled yet.',
  labelNames: ['consumer', 'topic', 'partition'] as const,
});

export const checkpoints = new Counter({
  name: 'tidewatch_consumer_checkpoints_total',
  help: 'Checkpoints written; a transaction that fails to commit is counted too.',
  labelNames: ['consumer', 'topic', 'partition'] as const,
});

export const deadLetters = new Counter({
  name: 'tidewatch_dead_letters_total',
  help: 'Records which could not be processed and went to the dead-letter topic.',
  labelNames: ['topic', 'reason'] as const,
});

export const partitionFaults = new Counter({
  name: 'tidewatch_partition_faults_total',
  help: 'Times that a partition was paused or re-opened, by kind: infrastructure, data or fenced.',
  labelNames: ['consumer', 'topic', 'kind'] as const,
});

export const offsetsGone = new Counter({
  name: 'tidewatch_log_offsets_gone_total',
  help: 'Records that the log had dropped before the consumer read them. Anything above 0 is data loss.',
  labelNames: ['consumer', 'topic'] as const,
});

export const tailFaults = new Counter({
  name: 'tidewatch_tail_faults_total',
  help: 'Batches that the handler of a tail failed on.',
  labelNames: ['tail', 'topic'] as const,
});

export const appendDuration = new Histogram({
  name: 'tidewatch_append_duration_seconds',
  help: 'From the call of append to its acknowledgement.',
  labelNames: ['topic'] as const,
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
});

export const appendedRecords = new Counter({
  name: 'tidewatch_appended_records_total',
  help: 'Records acknowledged by the log.',
  labelNames: ['topic'] as const,
});

export const appendedBytes = new Counter({
  name: 'tidewatch_appended_bytes_total',
  help: 'Bytes of the values of records acknowledged by the log.',
  labelNames: ['topic'] as const,
});

export const appendFailures = new Counter({
  name: 'tidewatch_append_failures_total',
  help: 'Calls of append that failed, by error: unavailable or overloaded.',
  labelNames: ['topic', 'error'] as const,
});

export const appendBytesInFlight = new Gauge({
  name: 'tidewatch_append_bytes_in_flight',
  help: 'Bytes of the records that wait for the log.',
});
