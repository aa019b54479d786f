import type { Batch } from 'kafkajs';
import type { Delivery } from '../delivery/partition-runner';
import type { LogBatch } from '../port/log';
import { toLogBatches } from './batches';

/** Who handles a partition's records; a `PartitionRunner`, or the simpler one of a tail. None of it throws but `open`. */
export interface PartitionWorker {
  /** Where to begin. Rejects when it was given up meanwhile. */
  open(): Promise<bigint>;
  deliver(batch: LogBatch): Promise<Delivery>;
  tick(): Promise<Delivery>;
  close(): Promise<void>;
  abort(): void;
}

/** What a partition may do to the fetching of itself. May be called at any time, also while kafkajs reconnects. */
export interface FetchControl {
  pause(): void;
  resume(): void;
  /** The next fetch begins there; what was fetched for another place is dropped. */
  seek(offset: bigint): void;
}

export interface AssignedPartitionOptions {
  readonly topic: string;
  readonly partition: number;
  readonly maxBatchBytes: number;
  readonly control: FetchControl;
  readonly createWorker: () => PartitionWorker;
  /** Compares the wanted place with what the log holds; takes as long as it must. Undefined: the log does not reach it, so try later. */
  readonly locate: (wanted: bigint) => Promise<bigint | undefined>;
  /** Records between `expected` and `found` are not in the log any more. */
  readonly onGap: (expected: bigint, found: bigint) => void;
}

/** What kafkajs tells about a running batch. */
export interface BatchProgress {
  isCurrent(): boolean;
  resolve(lastOffset: bigint): void;
}

const RELOCATE_DELAY_MS = 5_000;
const DEFECT_DELAY_MS = 1_000;

/**
 * One partition from its assignment to its loss. It is fetched only in the state `open`; in all others it is paused at kafkajs,
 * which leaves the other partitions of the consumer undisturbed.
 */
export class AssignedPartition {
  readonly topic: string;
  readonly partition: number;
  private state: 'opening' | 'open' | 'paused' | 'beyond-end' | 'fenced' | 'ended' = 'opening';
  /** Everything below has been handled. */
  private at = 0n;
  /** Nothing below is in the log any more. A worker that starts at its checkpoint again may ask for it all the same. */
  private floor = 0n;
  private worker: PartitionWorker;
  private timer: NodeJS.Timeout | undefined;
  private ticking = false;
  private openingSince = Date.now();

  constructor(private readonly options: AssignedPartitionOptions) {
    this.topic = options.topic;
    this.partition = options.partition;
    this.worker = options.createWorker();
    options.control.pause();
    void this.begin(this.worker);
  }

  get position(): bigint {
    return this.at;
  }

  get isOpen(): boolean {
    return this.state === 'open';
  }

  /** For the health check: why it is not handled, or undefined. An opening is a fault when it takes long. */
  fault(slowOpeningMs: number): string | undefined {
    if (this.state === 'open' || this.state === 'ended') return undefined;
    if (this.state === 'opening' && Date.now() - this.openingSince < slowOpeningMs) return undefined;
    return `${this.topic}/${this.partition} ${this.state}`;
  }

  /** The group was joined anew and the partition is still ours; kafkajs has forgotten where it was. */
  rejoin(): void {
    const { control } = this.options;
    if (this.state === 'open') {
      control.seek(this.at);
      control.resume();
    } else {
      control.pause();
      if (this.state === 'fenced') this.reopen();
    }
  }

  /** The coordinator has just confirmed that we are a member of the current generation. */
  confirm(): void {
    // Not before: a process that slept would take the partition from its rightful owner.
    if (this.state === 'fenced') this.reopen();
  }

  async deliver(batch: Batch, progress: BatchProgress): Promise<void> {
    const { onGap, maxBatchBytes } = this.options;
    const parts = toLogBatches(batch, this.at, maxBatchBytes);
    if (parts.length === 0) {
      this.skipOld(batch, progress);
      return;
    }
    const found = parts[0]!.records[0]!.offset;
    if (found > this.at) {
      onGap(this.at, found);
      this.floor = found;
    }
    const { worker } = this;
    for (const part of parts) {
      if (!this.isOpen || !progress.isCurrent()) return;
      const outcome = await worker.deliver(part);
      if (worker !== this.worker) return;
      if (outcome.kind !== 'done') {
        this.apply(outcome);
        return;
      }
      this.at = outcome.nextOffset;
      progress.resolve(this.at - 1n);
      if (this.at < part.nextOffset) return;
    }
  }

  /** About once a second. */
  async tick(): Promise<void> {
    if (!this.isOpen || this.ticking) return;
    this.ticking = true;
    const { worker } = this;
    const outcome = await worker.tick();
    this.ticking = false;
    if (worker === this.worker) this.apply(outcome);
  }

  /** Something failed that never should: not at once again. */
  pauseAfterDefect(): void {
    if (this.isOpen) this.apply({ kind: 'seek', offset: this.at, delayMs: DEFECT_DELAY_MS });
  }

  /** The log is shorter than we have read. Only a person can say what that means, so nothing is handled meanwhile. */
  recheckPlace(): void {
    if (this.isOpen) this.apply({ kind: 'fenced' });
  }

  /** Resolves when the running call is over and the handler closed. */
  close(): Promise<void> {
    this.state = 'ended';
    clearTimeout(this.timer);
    this.options.control.pause();
    return this.worker.close();
  }

  /** The partition is somebody else's. Its handler may still try to commit, and fails. */
  async lose(): Promise<void> {
    this.worker.abort();
    await this.close();
  }

  private async begin(worker: PartitionWorker): Promise<void> {
    const { control, locate } = this.options;
    try {
      const wanted = await worker.open();
      const place = await locate(wanted);
      if (this.worker !== worker || this.state === 'ended') return;
      if (place === undefined) {
        this.state = 'beyond-end';
        this.timer = setTimeout(() => this.reopen(), RELOCATE_DELAY_MS);
        return;
      }
      this.at = place;
      this.floor = place > wanted ? place : 0n;
      this.state = 'open';
      control.seek(place);
      control.resume();
    } catch {
      // The worker was given up: somebody else decides what comes next.
    }
  }

  private reopen(): void {
    if (this.state === 'ended') return;
    const old = this.worker;
    this.state = 'opening';
    this.openingSince = Date.now();
    this.worker = this.options.createWorker();
    const { worker } = this;
    void old.close().then(() => this.begin(worker));
  }

  /**
   * A tick and a delivery may wait for the worker at the same time, so an outcome may come while the one before it still pauses.
   * It counts all the same: the worker may have begun again at its checkpoint, and everything from there on has to come once more.
   */
  private apply(outcome: Delivery): void {
    if (outcome.kind === 'done' || (this.state !== 'open' && this.state !== 'paused')) return;
    const { control } = this.options;
    if (outcome.kind === 'fenced') {
      clearTimeout(this.timer);
      control.pause();
      this.state = 'fenced';
      return;
    }
    this.at = outcome.offset > this.floor ? outcome.offset : this.floor;
    if (outcome.delayMs > 0) this.pauseFor(outcome.delayMs);
    else if (this.state === 'open') control.seek(this.at);
  }

  private pauseFor(delayMs: number): void {
    const { control } = this.options;
    control.pause();
    this.state = 'paused';
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.state !== 'paused') return;
      this.state = 'open';
      control.seek(this.at);
      control.resume();
    }, delayMs);
  }

  /** All of it was handled before: a fetch for a place that we have left meanwhile. */
  private skipOld(batch: Batch, progress: BatchProgress): void {
    if (BigInt(batch.highWatermark) < this.at) this.recheckPlace();
    else progress.resolve(this.at - 1n);
  }
}
