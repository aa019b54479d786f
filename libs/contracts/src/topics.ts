/** Names of the log's topics. The version is part of the name: a breaking change is a new topic. */
export const TOPICS = {
  readings: 'readings.v1',
  aggregates: 'aggregates.v1',
  anomalies: 'anomalies.v1',
  deadLetters: 'dead-letters.v1',
  control: 'control.v1',
} as const;

export type TopicName = (typeof TOPICS)[keyof typeof TOPICS];

/** Names under which consumers keep their checkpoints; their Kafka groups are called `<name>.<topic>`. */
export const CONSUMERS = {
  processing: 'processing',
  storage: 'storage',
  storageAnomalies: 'storage-anomalies',
  storageDeadLetters: 'storage-dead-letters',
} as const;

export const DEFAULT_PARTITIONS = 12;

/** Record headers used on every topic. CloudEvents attributes use the Kafka binding's `ce_` prefix. */
export const HEADERS = {
  contentType: 'content-type',
  requestId: 'request-id',
  /** Milliseconds since the epoch at which ingestion took the oldest reading of a block. */
  receivedAtMs: 'received-at-ms',
  /** The sampled trace that the record continues. @see https://www.w3.org/TR/trace-context/ */
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  /** Those of further requests whose readings are in the block, with commas between. */
  furtherTraceparents: 'further-traceparents',
} as const;
