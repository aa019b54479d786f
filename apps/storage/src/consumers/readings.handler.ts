import { HEADERS } from '@tidewatch/contracts';
import {
  type ConsumedRecord,
  failPoint,
  type LogBatch,
  type PartitionClaim,
  type PartitionHandler,
  PoisonRecordError,
} from '@tidewatch/messaging';
import { BlockFormatError, decodeBlock, type ReadingBatch } from '@tidewatch/readings';
import { inPartitionTransaction, type ReadingWriter, type WriteResult } from '@tidewatch/time-series';
import type { Pool } from 'pg';
import * as metrics from '../metrics';
import { tracedWrite } from './traced-write';

/** One partition of readings: the rows of a batch and its offset are one transaction. Holds nothing between batches. */
export class ReadingsHandler implements PartitionHandler {
  constructor(
    private readonly claim: PartitionClaim,
    private readonly pool: Pool,
    private readonly writer: ReadingWriter,
  ) {}

  async handle(batch: LogBatch): Promise<void> {
    // All before any: a poison record must find the database as it was.
    const blocks = await timed('decode', () => batch.records.map(decode));
    await timed('resolve', () => this.writer.prepare(blocks));
    const result = await tracedWrite(batch.spans, 'COPY readings', () =>
      timed('transaction', () => this.write(batch.nextOffset)),
    );
    failPoint('storage.after-commit');
    measure(result, batch.records);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private write(nextOffset: bigint): Promise<WriteResult> {
    return inPartitionTransaction(this.pool, this.claim, async (client) => {
      const written = await this.writer.write(client);
      failPoint('storage.in-batch');
      await this.claim.advance(client, nextOffset);
      return written;
    });
  }
}

function decode({ offset, value }: ConsumedRecord): ReadingBatch {
  try {
    return decodeBlock(value);
  } catch (error) {
    if (!(error instanceof BlockFormatError)) throw error;
    throw new PoisonRecordError(offset, 'undecodable-block', error.message, { cause: error });
  }
}

function measure({ written, duplicates, conflicts }: WriteResult, records: readonly ConsumedRecord[]): void {
  metrics.readings.inc({ outcome: 'written' }, written);
  metrics.readings.inc({ outcome: 'duplicate' }, duplicates - conflicts);
  metrics.readings.inc({ outcome: 'conflict' }, conflicts);
  metrics.batchReadings.observe(written + duplicates);
  const now = Date.now();
  for (const { headers } of records) {
    const receivedAtMs = Number(headers[HEADERS.receivedAtMs]);
    if (receivedAtMs > 0) metrics.latency.observe(Math.max(0, now - receivedAtMs) / 1000);
  }
}

async function timed<T>(stage: string, work: () => T | Promise<T>): Promise<T> {
  const end = metrics.stageDuration.startTimer({ stage });
  const result = await work();
  end();
  return result;
}
