import type { LogRecord } from '../port/log';

/** All messages of a partition in one request are one record batch, and topics bound the size of these. */
const MAX_PARTITION_BYTES = 1024 * 1024;
const MAX_SEND_BYTES = 8 * 1024 * 1024;

/** One call of `append`, which ends when its records are acknowledged or it fails. */
export interface AppendCall {
  readonly deadlineAt: number;
  readonly settled: boolean;
  /** One more record of the call is acknowledged. */
  acknowledge(): void;
  reject(error: Error): void;
}

interface QueuedRecord {
  readonly record: LogRecord;
  readonly bytes: number;
  readonly call: AppendCall;
}

interface PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  waiting: QueuedRecord[];
}

/** What goes to the brokers with one request. */
export interface Send {
  readonly partitions: readonly PartitionSend[];
  readonly bytes: number;
}

export interface PartitionSend {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly QueuedRecord[];
}

/** Records that wait for the next request, a queue for each partition. */
export class AppendQueue {
  private readonly queues = new Map<string, PartitionQueue>();

  /** `onDropped` is told the bytes of records whose call has ended before they were sent. */
  constructor(private readonly onDropped: (bytes: number) => void) {}

  get isEmpty(): boolean {
    return this.queues.size === 0;
  }

  add(topic: string, record: LogRecord, bytes: number, call: AppendCall): void {
    const name = `${record.partition} ${topic}`;
    let queue = this.queues.get(name);
    if (!queue) {
      queue = { topic, partition: record.partition, waiting: [] };
      this.queues.set(name, queue);
    }
    queue.waiting.push({ record, bytes, call });
  }

  /**
   * Takes what fits into one request: of each partition the oldest records up to 1 MiB (or a single larger one), 8 MiB in all.
   * A partition with more to send goes to the end of the line.
   */
  take(): Send | undefined {
    this.dropEnded();
    const partitions: PartitionSend[] = [];
    let total = 0;
    for (const [name, queue] of [...this.queues]) {
      if (partitions.length > 0 && total + queue.waiting[0]!.bytes > MAX_SEND_BYTES) continue;
      const { count, bytes } = fitting(queue.waiting, MAX_SEND_BYTES - total);
      total += bytes;
      partitions.push({
        topic: queue.topic,
        partition: queue.partition,
        records: queue.waiting.slice(0, count),
      });
      this.queues.delete(name);
      queue.waiting = queue.waiting.slice(count);
      if (queue.waiting.length > 0) this.queues.set(name, queue);
    }
    return partitions.length > 0 ? { partitions, bytes: total } : undefined;
  }

  /** Forgets records of calls that have ended. */
  dropEnded(): void {
    for (const [name, queue] of this.queues) {
      if (!queue.waiting.some(({ call }) => call.settled)) continue;
      for (const { call, bytes } of queue.waiting) if (call.settled) this.onDropped(bytes);
      queue.waiting = queue.waiting.filter(({ call }) => !call.settled);
      if (queue.waiting.length === 0) this.queues.delete(name);
    }
  }
}

/** How many records of the head fit; at least one. */
function fitting(waiting: readonly QueuedRecord[], limit: number): { count: number; bytes: number } {
  let bytes = 0;
  let count = 0;
  for (const one of waiting) {
    if (count > 0 && bytes + one.bytes > Math.min(limit, MAX_PARTITION_BYTES)) break;
    bytes += one.bytes;
    count += 1;
  }
  return { count, bytes };
}
