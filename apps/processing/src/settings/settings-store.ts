import { detectionInput } from '@tidewatch/contracts';
import { FencedError, type PartitionClaim } from '@tidewatch/messaging';
import { type DetectionSettings, settingsOfSubjects, type Watching } from '@tidewatch/stream-processing';
import type { Pool } from 'pg';

/** Revision of the settings before the first change. */
export const NO_REVISION = 0n;

/** From `fromOffset` on a partition goes by the settings of `revision`. */
export interface Switch {
  readonly fromOffset: bigint;
  readonly revision: bigint;
}

type Place = Pick<PartitionClaim, 'consumer' | 'topic' | 'partition'>;

const AT_REVISION = `
  SELECT DISTINCT ON (scope, subject) scope, subject, body FROM detection_settings
  WHERE revision <= $1 ORDER BY scope, subject, revision DESC`;

/** Waits for a transaction that claims the partition just now, and then finds the epoch over. */
const RECORD = `
  WITH claim AS (
    SELECT FROM checkpoints WHERE consumer = $1 AND topic = $2 AND partition = $3 AND epoch = $4 FOR SHARE
  )
  INSERT INTO partition_settings (consumer, topic, partition, from_offset, revision)
  SELECT $1, $2, $3, $5, $6 FROM claim`;

/** Of those below the checkpoint, only the last one matters. */
const FORGET = `
  DELETE FROM partition_settings WHERE consumer = $1 AND topic = $2 AND partition = $3 AND from_offset < (
    SELECT max(s.from_offset) FROM partition_settings s JOIN checkpoints c USING (consumer, topic, partition)
    WHERE consumer = $1 AND topic = $2 AND partition = $3 AND s.from_offset < c.next_offset)`;

const TELL = `
  INSERT INTO watching AS known (consumer, settings) VALUES ($1, $2)
  ON CONFLICT (consumer) DO UPDATE SET settings = excluded.settings WHERE known.settings <> excluded.settings`;

/** Settings by revision, and where partitions change from one to another. */
export class SettingsStore {
  constructor(private readonly pool: Pool) {}

  async latestRevision(): Promise<bigint> {
    const { rows } = await this.pool.query<{ revision: string }>(
      'SELECT coalesce(max(revision), 0) AS revision FROM detection_settings',
    );
    return BigInt(rows[0]!.revision);
  }

  /** By what the consumer watches readings from now on; who replays them asks for it. */
  async tell(consumer: string, settings: Watching): Promise<void> {
    await this.pool.query(TELL, [consumer, settings]);
  }

  async load(revision: bigint): Promise<DetectionSettings> {
    const { rows } = await this.pool.query<SettingRow>(AT_REVISION, [revision.toString()]);
    return settingsOf(rows);
  }

  /** Ascending by offset. */
  async switches(place: Place): Promise<Switch[]> {
    const { rows } = await this.pool.query<{ from_offset: string; revision: string }>(
      `SELECT from_offset, revision FROM partition_settings
       WHERE consumer = $1 AND topic = $2 AND partition = $3 ORDER BY from_offset`,
      placeOf(place),
    );
    return rows.map((row) => ({ fromOffset: BigInt(row.from_offset), revision: BigInt(row.revision) }));
  }

  /** Throws `FencedError`, with nothing recorded, when another owner has the partition. */
  async record(claim: PartitionClaim, { fromOffset, revision }: Switch): Promise<void> {
    const values = [...placeOf(claim), claim.epoch.toString(), fromOffset.toString(), revision.toString()];
    const { rowCount } = await this.pool.query(RECORD, values);
    if (rowCount !== 1) {
      throw new FencedError(`${claim.consumer} has lost ${claim.topic}/${claim.partition}`);
    }
    await this.pool.query(FORGET, placeOf(claim));
  }
}

interface SettingRow {
  readonly scope: 'metric' | 'series';
  readonly subject: string;
  /** Null: removed. */
  readonly body: unknown;
}

function settingsOf(rows: readonly SettingRow[]): DetectionSettings {
  return settingsOfSubjects(
    rows.flatMap(({ scope, subject, body }) =>
      body === null ? [] : [{ scope, subject, input: detectionInput.parse(body) }],
    ),
  );
}

function placeOf({ consumer, topic, partition }: Place): [string, string, number] {
  return [consumer, topic, partition];
}
