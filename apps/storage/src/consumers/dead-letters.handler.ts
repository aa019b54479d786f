import {
  type LogBatch,
  parseDeadLetter,
  type PartitionClaim,
  type PartitionHandler,
} from '@tidewatch/messaging';
import { inPartitionTransaction, insertDeadLetters } from '@tidewatch/time-series';
import type { Pool } from 'pg';
import * as metrics from '../metrics';

/** One partition of dead letters. */
export class DeadLettersHandler implements PartitionHandler {
  constructor(
    private readonly claim: PartitionClaim,
    private readonly pool: Pool,
  ) {}

  async handle(batch: LogBatch): Promise<void> {
    const letters = batch.records.map((record) => {
      const { appendedAtMs, ...letter } = parseDeadLetter(record);
      return { ...letter, timeMs: appendedAtMs };
    });
    const inserted = await inPartitionTransaction(this.pool, this.claim, async (client) => {
      const count = await insertDeadLetters(client, letters);
      await this.claim.advance(client, batch.nextOffset);
      return count;
    });
    metrics.deadLetters.inc(inserted);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
