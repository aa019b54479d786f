export interface TopicSettings {
  /** Partitions of a new topic. An existing one keeps its own when it has more. Default 12. */
  readonly partitions?: number;
  /** Copies of each record; the embedded log ignores it. Default 1. */
  readonly replication?: number;
  /** Names of the topics. Default: all of them. */
  readonly topics?: readonly string[];
}

/** A topic after `ensureTopics`. */
export interface EnsuredTopic {
  readonly topic: string;
  readonly partitions: number;
  readonly outcome: 'created' | 'grown' | 'unchanged';
}
