import type { Tracer } from '@tidewatch/tracing';
import type { Pool } from 'pg';
import type { MessagingLogger } from './logger';

interface CommonOptions {
  /** Checkpoints are kept through this pool, on either driver. */
  readonly pool: Pool;
  /** Unique per process: owner of claims and leases, and part of the control group's name. */
  readonly instanceId: string;
  /** Bound of the bytes of records in `append` at the same time. Default 64 MiB. */
  readonly maxInFlightBytes?: number;
  /** How long an `append` may take. Default 5000 ms. */
  readonly appendDeadlineMs?: number;
  readonly logger?: MessagingLogger;
  /** Where tracing is on. */
  readonly tracer?: Tracer | undefined;
}

export interface PostgresLogOptions extends CommonOptions {
  readonly driver: 'postgres';
  /**
   * For the log's own connections (one that listens, a few for appends and reads). They are not taken from `pool`:
   * a handler which holds a connection of the pool while it appends must not wait for itself.
   */
  readonly connectionString: string;
  /** A member which has not renewed its leases for this time loses its partitions. Default 10,000 ms. */
  readonly leaseMs?: number;
  /** How long a reader without notifications waits before it looks. Default 1000 ms. */
  readonly pollMs?: number;
  /** Records below every checkpoint are kept for this time, for tails. Default 1 h. */
  readonly retentionMs?: number;
  /** How many partitions of a subscription are handled at the same time. Default 4. */
  readonly concurrency?: number;
}

/** How connections to the brokers are protected. Default: not at all. */
export interface KafkaSecurity {
  /** PEM texts. Without `ca` the authorities count that Node.js knows; `cert` and `key` are for brokers that ask for a certificate. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
}

export interface KafkaLogOptions extends CommonOptions {
  readonly driver: 'kafka';
  readonly brokers: string[];
  readonly clientId: string;
  readonly security?: KafkaSecurity;
  /** A member without a heartbeat for this time loses its partitions. Brokers admit 6,000 ms and more. Default 10,000 ms. */
  readonly sessionTimeoutMs?: number;
  /** How many partitions of a subscription are handled at the same time. Default 4. */
  readonly concurrency?: number;
  /** Of what is appended. Default `none`: blocks of readings are packed already. */
  readonly compression?: 'none' | 'gzip';
  /** A consumer without a fetch for this time, although the broker answers, is stuck for good. Default 60,000 ms. */
  readonly maxSilenceMs?: number;
  /**
   * Called once when a consumer can't go on in this process; the process should end and be started again.
   * Default: logs, closes what it can within 5 s, and exits with 1.
   */
  readonly onFatal?: (error: Error) => void;
}

export type MessagingOptions = PostgresLogOptions | KafkaLogOptions;

export const DEFAULT_MAX_IN_FLIGHT_BYTES = 64 * 1024 * 1024;
export const DEFAULT_APPEND_DEADLINE_MS = 5_000;
/** Defaults of a subscription, see `Subscription`. */
export const DEFAULT_MAX_WAIT_MS = 250;
export const DEFAULT_MAX_BATCH_BYTES = 2 * 1024 * 1024;
