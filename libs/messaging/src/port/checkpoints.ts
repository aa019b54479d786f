/** What a transaction of `pg` offers: a `PoolClient`, or the query runner of an ORM behind a shim. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[]; rowCount: number | null }>;
}

/** The right to write effects for one partition, until somebody else claims it. */
export interface PartitionClaim {
  readonly consumer: string;
  readonly topic: string;
  readonly partition: number;
  readonly epoch: bigint;
  /** Where to begin: the checkpoint's offset at the time of the claim. */
  readonly nextOffset: bigint;
  /**
   * Moves the checkpoint, inside the transaction of the effects it stands for.
   * Throws `FencedError` when another owner has claimed the partition since; the transaction must then roll back.
   */
  advance(transaction: Queryable, nextOffset: bigint): Promise<void>;
}
