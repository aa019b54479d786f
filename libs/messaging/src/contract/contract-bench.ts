import type { MessageLogHarness } from './harness';
import type { LogBatch, LogConsumer, LogRecord, MessageLog, Subscription } from '../port/log';
import type { PartitionClaim } from '../port/checkpoints';

/** An effect as the tests' handlers write it: one row per record, in the transaction that advances the checkpoint. */
export interface Effect {
  readonly partition: number;
  readonly offset: bigint;
  readonly value: string;
  readonly instance: string;
}

/** What a test's handler may do beside writing effects. */
export interface HandlerHooks {
  readonly instance?: string;
  /** Before anything is written. */
  readonly before?: (batch: LogBatch, claim: PartitionClaim) => void | Promise<void>;
  /** Inside the transaction, between the rows and the checkpoint. */
  readonly within?: (batch: LogBatch, claim: PartitionClaim) => void | Promise<void>;
  readonly onOpen?: (claim: PartitionClaim) => void | Promise<void>;
  readonly onTick?: (claim: PartitionClaim) => void | Promise<void>;
  readonly onClose?: (claim: PartitionClaim) => void | Promise<void>;
}

/** Everything that a test starts, so that it ends with the test. */
export class ContractBench {
  private readonly consumers: LogConsumer[] = [];
  private readonly logs: MessageLog[] = [];
  private serial = 0;

  constructor(readonly harness: MessageLogHarness) {}

  /** An unused name. */
  name(prefix: string): string {
    this.serial += 1;
    return `${prefix}-${process.pid}-${Date.now().toString(36)}-${this.serial}`;
  }

  log(options: { maxInFlightBytes?: number; appendDeadlineMs?: number } = {}): MessageLog {
    const log = this.harness.createLog({ instanceId: this.name('instance'), ...options });
    this.logs.push(log);
    return log;
  }

  async start(consumer: LogConsumer): Promise<LogConsumer> {
    this.consumers.push(consumer);
    await consumer.start();
    return consumer;
  }

  /** Stops consumers and closes logs of the test that just ended. */
  async clear(): Promise<void> {
    await Promise.all(this.consumers.splice(0).map((consumer) => consumer.stop()));
    await Promise.all(this.logs.splice(0).map((log) => log.close()));
  }

  /** A subscription whose handlers write an effect per record and advance the checkpoint with them. */
  subscription(
    place: Pick<Subscription, 'consumer' | 'topic'> & Partial<Subscription>,
    hooks: HandlerHooks = {},
  ): Subscription {
    return {
      maxWaitMs: 50,
      ...place,
      open: async (claim) => {
        await hooks.onOpen?.(claim);
        return {
          handle: (batch) => this.writeEffects(claim, batch, hooks),
          tick: async () => hooks.onTick?.(claim),
          close: async () => hooks.onClose?.(claim),
        };
      },
    };
  }

  /** All effects of a consumer, by partition and in the order of writing. */
  async effects(consumer: string): Promise<Effect[]> {
    const { rows } = await this.harness.pool.query<{
      partition: number;
      log_offset: string;
      value: string;
      instance: string;
    }>(
      `SELECT partition, log_offset, value, instance FROM contract_effects
       WHERE consumer = $1 ORDER BY partition, written`,
      [consumer],
    );
    return rows.map((row) => ({
      partition: row.partition,
      offset: BigInt(row.log_offset),
      value: row.value,
      instance: row.instance,
    }));
  }

  async values(consumer: string): Promise<string[]> {
    return (await this.effects(consumer)).map(({ value }) => value);
  }

  private async writeEffects(claim: PartitionClaim, batch: LogBatch, hooks: HandlerHooks): Promise<void> {
    await hooks.before?.(batch, claim);
    const client = await this.harness.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query(
        `INSERT INTO contract_effects (consumer, partition, log_offset, value, instance)
         SELECT $1, $2, o, v, $3 FROM unnest($4::bigint[], $5::text[]) AS r (o, v)`,
        [
          claim.consumer,
          batch.partition,
          hooks.instance ?? '',
          batch.records.map(({ offset }) => offset.toString()),
          batch.records.map(({ value }) => text(value)),
        ],
      );
      await hooks.within?.(batch, claim);
      await claim.advance(client, batch.nextOffset);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  }
}

export async function createEffectsTable(harness: MessageLogHarness): Promise<void> {
  await harness.pool.query(`
    CREATE TABLE IF NOT EXISTS contract_effects (
      written bigserial,
      consumer text NOT NULL,
      partition int NOT NULL,
      log_offset bigint NOT NULL,
      value text NOT NULL,
      instance text NOT NULL
    )`);
}

export function text(value: Uint8Array): string {
  return Buffer.from(value).toString('utf8');
}

export function record(partition: number, value: string, extra: Partial<LogRecord> = {}): LogRecord {
  return { partition, key: `key-${partition}`, value: Buffer.from(value), ...extra };
}

/** `count` records named `prefix0`, `prefix1`, … spread over the partitions in turn. */
export function records(count: number, partitions: number, prefix = 'r'): LogRecord[] {
  return Array.from({ length: count }, (_, i) => record(i % partitions, `${prefix}${i}`));
}

/** A promise with its handles outside. */
export class Gate {
  readonly passed: Promise<void>;
  open!: () => void;

  constructor() {
    this.passed = new Promise((resolve) => {
      this.open = resolve;
    });
  }
}
