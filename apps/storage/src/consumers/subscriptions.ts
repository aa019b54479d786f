import { CONSUMERS, TOPICS } from '@tidewatch/contracts';
import type { PartitionClaim, Subscription } from '@tidewatch/messaging';
import { endEarlierTransactions, ReadingWriter, type SeriesDictionary } from '@tidewatch/time-series';
import type { Pool } from 'pg';
import type { StorageConfig } from '../config';
import * as metrics from '../metrics';
import { AnomaliesHandler } from './anomalies.handler';
import { DeadLettersHandler } from './dead-letters.handler';
import { ReadingsHandler } from './readings.handler';

export const SUBSCRIPTIONS = Symbol('SUBSCRIPTIONS');

/** What storage consumes. */
export function subscriptions(
  config: StorageConfig,
  pool: Pool,
  dictionary: SeriesDictionary,
): readonly Subscription[] {
  const takeOver = async (claim: PartitionClaim): Promise<void> => {
    metrics.earlierTransactionsEnded.inc(await endEarlierTransactions(pool, claim));
  };
  return [
    {
      consumer: CONSUMERS.storage,
      topic: TOPICS.readings,
      minBatchBytes: config.BATCH_MIN_BYTES,
      maxWaitMs: config.BATCH_MAX_WAIT_MS,
      async open(claim) {
        await takeOver(claim);
        return new ReadingsHandler(claim, pool, new ReadingWriter(dictionary));
      },
    },
    {
      consumer: CONSUMERS.storageAnomalies,
      topic: TOPICS.anomalies,
      async open(claim) {
        await takeOver(claim);
        return new AnomaliesHandler(claim, pool, dictionary);
      },
    },
    {
      consumer: CONSUMERS.storageDeadLetters,
      topic: TOPICS.deadLetters,
      async open(claim) {
        await takeOver(claim);
        return new DeadLettersHandler(claim, pool);
      },
    },
  ];
}
