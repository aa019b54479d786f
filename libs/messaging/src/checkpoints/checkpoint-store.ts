import { checkpoints } from '../metrics';
import type { PartitionClaim, Queryable } from '../port/checkpoints';
import { FencedError } from '../port/errors';

interface ClaimedRow {
  epoch: string;
  next_offset: string;
}

const CLAIM = `
  INSERT INTO checkpoints AS c (consumer, topic, partition, epoch, owner, claimed_at)
  VALUES ($1, $2, $3, 1, $4, now())
  ON CONFLICT (consumer, topic, partition)
  DO UPDATE SET epoch = c.epoch + 1, owner = excluded.owner, claimed_at = excluded.claimed_at
  RETURNING epoch, next_offset`;

const RENEW = `
  UPDATE checkpoints SET epoch = epoch + 1, claimed_at = now()
  WHERE consumer = $1 AND topic = $2 AND partition = $3 AND epoch = $4
  RETURNING epoch, next_offset`;

const ADVANCE = `
  UPDATE checkpoints SET next_offset = $5, advanced_at = now()
  WHERE consumer = $1 AND topic = $2 AND partition = $3 AND epoch = $4`;

/** Claims partitions: one row of `checkpoints` each, whose epoch rises with every claim. */
export class CheckpointStore {
  constructor(private readonly database: Queryable) {}

  /**
   * Takes the partition over from whoever has it. The statement waits for a transaction that is just advancing,
   * so the returned offset covers everything that an earlier owner has committed or ever will.
   */
  async claim(consumer: string, topic: string, partition: number, owner: string): Promise<PartitionClaim> {
    const { rows } = await this.database.query(CLAIM, [consumer, topic, partition, owner]);
    return new CheckpointClaim({ consumer, topic, partition }, rows[0] as ClaimedRow);
  }

  /**
   * The same owner begins again at its checkpoint, under a new epoch, so that a transaction of the old claim with an
   * unknown end can't commit any more. Unlike `claim` it never takes the partition from another: `FencedError` then.
   */
  async renew(claim: PartitionClaim): Promise<PartitionClaim> {
    const { rows } = await this.database.query(RENEW, [
      claim.consumer,
      claim.topic,
      claim.partition,
      claim.epoch.toString(),
    ]);
    if (rows.length === 0) throw fenced(claim);
    return new CheckpointClaim(claim, rows[0] as ClaimedRow);
  }
}

type Place = Pick<PartitionClaim, 'consumer' | 'topic' | 'partition'>;

class CheckpointClaim implements PartitionClaim {
  readonly consumer: string;
  readonly topic: string;
  readonly partition: number;
  readonly epoch: bigint;
  readonly nextOffset: bigint;

  constructor(place: Place, row: ClaimedRow) {
    this.consumer = place.consumer;
    this.topic = place.topic;
    this.partition = place.partition;
    this.epoch = BigInt(row.epoch);
    this.nextOffset = BigInt(row.next_offset);
  }

  async advance(transaction: Queryable, nextOffset: bigint): Promise<void> {
    const { rowCount } = await transaction.query(ADVANCE, [
      this.consumer,
      this.topic,
      this.partition,
      this.epoch.toString(),
      nextOffset.toString(),
    ]);
    if (rowCount !== 1) throw fenced(this);
    checkpoints.inc({ consumer: this.consumer, topic: this.topic, partition: this.partition });
  }
}

function fenced(claim: PartitionClaim): FencedError {
  return new FencedError(
    `${claim.consumer} has lost ${claim.topic}/${claim.partition}: epoch ${claim.epoch.toString()} is over`,
  );
}
