import type { Pool } from 'pg';
import type { MessagingLogger } from '../logger';
import type { MessageLog } from '../port/log';

/** What the contract suite needs of a driver. One harness per test file: a database of its own and, on Kafka, topics of its own. */
export interface MessageLogHarness {
  /** The database that holds checkpoints; tests make tables for effects in it. */
  readonly pool: Pool;
  /** The longest time until the partitions of a member that vanished go to another. */
  readonly takeoverMs: number;
  /** A log of the driver, as another process would have it. `instanceId` is unique within the harness. */
  createLog(options: {
    instanceId: string;
    maxInFlightBytes?: number;
    appendDeadlineMs?: number;
  }): MessageLog;
  /** Creates a topic with an unused name (`dead-letters.v1` exists already). */
  createTopic(partitions: number): Promise<string>;
  /** Makes the log unreachable (not the database that holds effects, where these differ); call the result to undo it. */
  interrupt(): Promise<() => Promise<void>>;
  /**
   * What a broker of its own thinks is committed for the consumer: move it to `offset`, to prove that nobody looks.
   * Drivers without such a thing do nothing.
   */
  misleadBroker(consumer: string, topic: string, offset: bigint): Promise<void>;
  close(): Promise<void>;
}

/** Faults are what these tests are about; their log lines would bury the results. */
export const quietLogger: MessagingLogger = {
  log: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
