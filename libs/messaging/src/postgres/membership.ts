import type { Pool } from 'pg';
import { GROUPS_CHANNEL } from './listener';

const JOIN = `
  INSERT INTO log_leases (consumer, topic, partition)
  SELECT $1, topic, partition FROM log_partitions WHERE topic = $2
  ON CONFLICT DO NOTHING`;

// Times are the database's, so members' clocks don't matter; clock_timestamp(), because now() stands still while a statement waits.
const BEAT = `
  INSERT INTO log_members (consumer, topic, member, expires_at)
  VALUES ($1, $2, $3, clock_timestamp() + $4 * interval '1 ms')
  ON CONFLICT (consumer, topic, member) DO UPDATE SET expires_at = excluded.expires_at
  RETURNING (xmax = 0) AS joined`;

const BURY = `
  DELETE FROM log_members WHERE consumer = $1 AND topic = $2 AND expires_at < clock_timestamp()`;

const MEMBERS = `
  SELECT member FROM log_members WHERE consumer = $1 AND topic = $2 ORDER BY member`;

const RENEW = `
  UPDATE log_leases SET expires_at = clock_timestamp() + $4 * interval '1 ms'
  WHERE consumer = $1 AND topic = $2 AND owner = $3
  RETURNING partition`;

const TAKE = `
  UPDATE log_leases l SET owner = $3, expires_at = clock_timestamp() + $4 * interval '1 ms'
  FROM (
    SELECT partition FROM log_leases
    WHERE consumer = $1 AND topic = $2 AND (owner IS NULL OR expires_at < clock_timestamp())
    ORDER BY partition LIMIT $5
    FOR UPDATE SKIP LOCKED
  ) free
  WHERE l.consumer = $1 AND l.topic = $2 AND l.partition = free.partition
  RETURNING l.partition`;

const RELEASE = `
  UPDATE log_leases SET owner = NULL, expires_at = NULL
  WHERE consumer = $1 AND topic = $2 AND owner = $3 AND partition = ANY ($4::int[])`;

const RELEASE_ALL = `
  UPDATE log_leases SET owner = NULL, expires_at = NULL
  WHERE consumer = $1 AND topic = $2 AND owner = $3`;

const LEAVE = `DELETE FROM log_members WHERE consumer = $1 AND topic = $2 AND member = $3`;

export interface MembershipOptions {
  readonly pool: Pool;
  readonly consumer: string;
  readonly topic: string;
  readonly member: string;
  readonly leaseMs: number;
}

/** Which partitions a member has after a heartbeat. */
export interface Share {
  readonly owned: ReadonlySet<number>;
  /** Of `owned`, those above its fair share: to be closed and then released. */
  readonly surplus: readonly number[];
}

/**
 * One member of a consumer group. Leases decide who works on a partition; that an owner who doesn't know yet that it lost
 * one does no harm is up to the checkpoint's epoch.
 */
export class Membership {
  private readonly group: readonly [consumer: string, topic: string];

  constructor(private readonly options: MembershipOptions) {
    this.group = [options.consumer, options.topic];
  }

  async join(): Promise<void> {
    await this.options.pool.query(JOIN, [...this.group]);
  }

  /** Renews, and takes what is free up to the fair share. Call it about three times in a lease. */
  async beat(): Promise<Share> {
    const { pool, member, leaseMs } = this.options;
    const mine = [...this.group, member, leaseMs];
    const { rows: beats } = await pool.query<{ joined: boolean }>(BEAT, mine);
    const { rowCount: buried } = await pool.query(BURY, [...this.group]);
    const { rows: members } = await pool.query<{ member: string }>(MEMBERS, [...this.group]);
    const { rows: renewed } = await pool.query<{ partition: number }>(RENEW, mine);
    const { rows: total } = await pool.query<{ partitions: number }>(
      'SELECT count(*)::int AS partitions FROM log_leases WHERE consumer = $1 AND topic = $2',
      [...this.group],
    );
    const owned = new Set(renewed.map(({ partition }) => partition));
    const rank = members.findIndex((row) => row.member === member);
    const share = fairShare(total[0]!.partitions, members.length, Math.max(0, rank));
    if (owned.size < share) {
      const { rows: taken } = await pool.query<{ partition: number }>(TAKE, [...mine, share - owned.size]);
      for (const { partition } of taken) owned.add(partition);
    }
    if (beats[0]?.joined || buried) await this.notify();
    const surplus = [...owned].sort((a, b) => b - a).slice(0, Math.max(0, owned.size - share));
    return { owned, surplus };
  }

  /** Gives partitions up, so that another member can take them at once. Their handlers must be closed. */
  async release(partitions: readonly number[]): Promise<void> {
    await this.options.pool.query(RELEASE, [...this.group, this.options.member, partitions]);
    await this.notify();
  }

  /** Gives everything up and leaves the group. All handlers must be closed. */
  async leave(): Promise<void> {
    await this.options.pool.query(RELEASE_ALL, [...this.group, this.options.member]);
    await this.options.pool.query(LEAVE, [...this.group, this.options.member]);
    await this.notify();
  }

  private async notify(): Promise<void> {
    await this.options.pool.query('SELECT pg_notify($1, $2)', [GROUPS_CHANNEL, this.group.join('/')]);
  }
}

/** Partitions of the member with this rank (0-based): as even as it goes, and all shares together are all partitions. */
export function fairShare(partitions: number, members: number, rank: number): number {
  if (members === 0) return partitions;
  return Math.floor(partitions / members) + (rank < partitions % members ? 1 : 0);
}
