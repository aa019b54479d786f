export interface PaceSettings {
  /** Bounds of the time between two checkpoints of a partition. The upper one bounds what a crash makes a successor do again. */
  readonly leastMs: number;
  readonly mostMs: number;
  /** Of one processor, for the checkpoints of all partitions together. */
  readonly share: number;
}

/**
 * How long the partitions of a process wait between two checkpoints: so long that what all their last ones took is no more than a share of that time. It never
 * decides what is in a checkpoint.
 */
export class CheckpointPace {
  private readonly secondsOf = new Map<number, number>();

  constructor(private readonly settings: PaceSettings) {}

  /** The last checkpoint of a partition took so long. */
  spent(partition: number, seconds: number): void {
    this.secondsOf.set(partition, seconds);
  }

  /** The partition is no longer of this process. */
  forget(partition: number): void {
    this.secondsOf.delete(partition);
  }

  get intervalMs(): number {
    const { leastMs, mostMs, share } = this.settings;
    let seconds = 0;
    for (const one of this.secondsOf.values()) seconds += one;
    return Math.min(mostMs, Math.max(leastMs, (seconds * 1000) / share));
  }
}
