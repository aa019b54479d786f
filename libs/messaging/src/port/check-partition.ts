/** Throws `RangeError` where a topic with so many partitions has no such one. */
export function checkPartition(topic: string, partition: number, partitions: number): void {
  if (!Number.isInteger(partition) || partition < 0 || partition >= partitions) {
    throw new RangeError(`${topic} has no partition ${partition}`);
  }
}
