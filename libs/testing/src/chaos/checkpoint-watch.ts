import type { Pool } from 'pg';

export interface CheckpointRow {
  readonly consumer: string;
  readonly topic: string;
  readonly partition: number;
  readonly epoch: number;
  readonly nextOffset: number;
  /** `<service>-<process id>-<random>`. */
  readonly owner: string;
}

const POLL_MS = 200;

/**
 * Looks at the checkpoints all the time: an epoch or an offset that goes back, or an epoch with a second owner, means that
 * somebody committed who had no right to.
 */
export class CheckpointWatch {
  readonly violations: string[] = [];
  private readonly seen = new Map<string, CheckpointRow>();
  private readonly timer: NodeJS.Timeout;
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly pool: Pool) {
    this.timer = setInterval(() => {
      this.looking = this.looking.then(() => this.look());
    }, POLL_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  /** The database may be away for a while: that is one of the faults. */
  private async look(): Promise<void> {
    const rows = await checkpointRows(this.pool).catch(() => []);
    for (const row of rows) {
      const place = `${row.consumer} on ${row.topic}/${row.partition}`;
      const before = this.seen.get(place);
      if (before !== undefined) this.violations.push(...violationsOf(place, before, row));
      this.seen.set(place, row);
    }
  }
}

/** What must never happen between two looks. Pure. */
export function violationsOf(place: string, before: CheckpointRow, after: CheckpointRow): string[] {
  const found: string[] = [];
  if (after.epoch < before.epoch) found.push(`${place}: epoch ${before.epoch} → ${after.epoch}`);
  if (after.nextOffset < before.nextOffset)
    found.push(`${place}: offset ${before.nextOffset} → ${after.nextOffset}`);
  if (after.epoch === before.epoch && after.owner !== before.owner)
    found.push(`${place}: epoch ${after.epoch} of ${before.owner} is also of ${after.owner}`);
  return found;
}

export async function checkpointRows(pool: Pool): Promise<CheckpointRow[]> {
  const { rows } = await pool.query<CheckpointRow>(
    `SELECT consumer, topic, partition, epoch::int, next_offset::int AS "nextOffset", coalesce(owner, '') AS owner
     FROM checkpoints`,
  );
  return rows;
}
