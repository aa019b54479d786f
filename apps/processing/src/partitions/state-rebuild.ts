import { setImmediate } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { LogBatch, PartitionClaim } from '@tidewatch/messaging';
import { BlockFormatError, decodeBlock } from '@tidewatch/readings';
import type { PartitionStream } from '@tidewatch/stream-processing';
import * as metrics from '../metrics';

/** Other partitions of the process wait no longer than this. */
const YIELD_AFTER_MS = 5;
const TELL_EVERY_MS = 10_000;

export interface StateRebuildParts {
  readonly claim: PartitionClaim;
  /** What was restored, without what could not be. */
  readonly stream: PartitionStream;
  /** One by the same settings but without groups and outputs, that knows nothing yet. */
  readonly learner: PartitionStream;
  /** Where the log has nothing more for so long, there is nothing more before the checkpoint. */
  readonly idleTimeoutMs: number;
}

/**
 * Learns again what could not be restored, from the records before the checkpoint, as far back as the log goes. Their outputs are on the log already, so there are none now.
 * State is a function of the log: where that goes back to the beginning of a series, it is as it was.
 */
export class StateRebuild {
  private readonly logger = new Logger(StateRebuild.name);
  private readonly beganMs = performance.now();
  private tellAtMs = this.beganMs + TELL_EVERY_MS;
  private lastRecordMs = this.beganMs;
  private records = 0;
  /** Where the log begins. */
  private firstOffset: bigint | undefined;

  constructor(private readonly parts: StateRebuildParts) {}

  /** There were no more records for so long that the log has none, up to the checkpoint. */
  get isAtEnd(): boolean {
    return performance.now() - this.lastRecordMs >= this.parts.idleTimeoutMs;
  }

  /** Takes what lies before the checkpoint, and returns the rest of the batch. */
  async take(batch: LogBatch): Promise<LogBatch> {
    const { claim, learner } = this.parts;
    let yieldAt = performance.now() + YIELD_AFTER_MS;
    for (const { offset, value, appendedAtMs } of batch.records) {
      if (offset >= claim.nextOffset) break;
      this.firstOffset ??= offset;
      const block = decodeOrSkip(value);
      if (block) learner.process(block, appendedAtMs);
      this.records += 1;
      if (performance.now() < yieldAt) continue;
      await setImmediate();
      yieldAt = performance.now() + YIELD_AFTER_MS;
    }
    this.lastRecordMs = performance.now();
    this.tell(batch.nextOffset);
    return { ...batch, records: batch.records.filter(({ offset }) => offset >= claim.nextOffset) };
  }

  /** Hands over what was learned. */
  finish(): void {
    const { claim, stream, learner } = this.parts;
    if (stream.timeMs === 0) stream.restorePartition(learner.partitionState());
    let series = 0;
    for (const { state } of learner.takeChanges()) if (state && stream.learn(state)) series += 1;
    metrics.rebuiltSeries.inc(series);
    const seconds = ((performance.now() - this.beganMs) / 1000).toFixed(1);
    const from = this.firstOffset === undefined ? 'of none' : `from ${this.firstOffset} on`;
    this.logger.log(
      `partition ${claim.partition}: ${series} series have learned again what was lost, of ${this.records} records ${from}, in ${seconds} s`,
    );
  }

  private tell(nextOffset: bigint): void {
    if (performance.now() < this.tellAtMs) return;
    this.tellAtMs = performance.now() + TELL_EVERY_MS;
    const { claim } = this.parts;
    const first = this.firstOffset ?? nextOffset;
    const share = (100n * (nextOffset - first)) / (claim.nextOffset - first + 1n);
    this.logger.log(`partition ${claim.partition}: learning again from the log, ${share} % done`);
  }
}

/** One that can't be decoded has long been a dead letter. */
function decodeOrSkip(value: Uint8Array): ReturnType<typeof decodeBlock> | undefined {
  try {
    return decodeBlock(value);
  } catch (error) {
    if (!(error instanceof BlockFormatError)) throw error;
    return undefined;
  }
}
