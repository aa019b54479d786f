import { Logger } from '@nestjs/common';
import { detectorKind } from '@tidewatch/anomaly-detection';
import { TOPICS } from '@tidewatch/contracts';
import {
  CheckpointStore,
  createMessageLog,
  ensureTopics,
  type MessageLog,
  type MessagingOptions,
  type PartitionClaim,
} from '@tidewatch/messaging';
import { DEFAULT_STREAM_SETTINGS } from '@tidewatch/stream-processing';
import { createTestDatabase, type TestDatabase } from '@tidewatch/testing';
import { NO_REVISION, SettingsStore } from '../settings/settings-store';
import { CheckpointPace } from '../partitions/checkpoint-pace';
import type { PartitionDependencies } from '../partitions/open-partition';
import { StateStore } from '../partitions/state-store';

/** Tests write checkpoints themselves. */
const SELDOM = new CheckpointPace({ leastMs: 3_600_000, mostMs: 3_600_000, share: 1 });

/** A database of its own with a message log in it, and what partitions are opened with. */
export interface PartitionLab {
  readonly database: TestDatabase;
  readonly log: MessageLog;
  readonly dependencies: PartitionDependencies;
  /** The first partition of readings. */
  claimAs(consumer: string): Promise<PartitionClaim>;
  /** Key and state of each series and group, in hex. */
  storedStates(consumer: string): Promise<string[]>;
  close(): Promise<void>;
}

export async function openLab(partitions: number): Promise<PartitionLab> {
  // What is set aside is logged as an error, as it should be.
  Logger.overrideLogger(false);
  const database = await createTestDatabase();
  const { pool, url } = database;
  const options: MessagingOptions = {
    ...{ driver: 'postgres', pool, connectionString: url, instanceId: 'test' },
  };
  await ensureTopics(options, { partitions });
  const log = createMessageLog(options);
  return {
    database,
    log,
    dependencies: {
      log,
      store: new StateStore(pool),
      settings: DEFAULT_STREAM_SETTINGS,
      detector: detectorKind('agreement'),
      pace: SELDOM,
      detection: new SettingsStore(pool),
      latestRevision: () => NO_REVISION,
    },
    claimAs: (consumer) => new CheckpointStore(pool).claim(consumer, TOPICS.readings, 0, 'test'),
    async storedStates(consumer) {
      const { rows } = await pool.query<{ state: string }>(
        `SELECT encode(key_hash, 'hex') || encode(state, 'hex') AS state FROM stream_state WHERE consumer = $1 ORDER BY key_hash`,
        [consumer],
      );
      return rows.map(({ state }) => state);
    },
    async close() {
      await log.close();
      await database.drop();
    },
  };
}
