import { Logger } from '@nestjs/common';
import type { LogBatch, PartitionClaim } from '@tidewatch/messaging';
import { BlockFormatError, decodeBlock } from '@tidewatch/readings';
import type { PartitionStream } from '@tidewatch/stream-processing';
import * as metrics from '../metrics';
import { Turn } from './turn';

const TELL_EVERY_MS = 10_000;

export interface StateRebuildParts {
  readonly claim: PartitionClaim;
  /** What was restored, without what could not be. */
  readonly stream: PartitionStream;
  /** One by the same settings but without outputs, that knows nothing yet. */
  readonly learner: PartitionStream;
  /** After so long without a record the log may have none before the checkpoint. */
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

  /** Nothing came for so long that nothing may be left. */
  get isSilent(): boolean {
    return performance.now() - this.lastRecordMs >= this.parts.idleTimeoutMs;
  }

  /** Takes what lies before the checkpoint. */
  async take(batch: LogBatch): Promise<void> {
    const { claim, learner } = this.parts;
    const turn = new Turn();
    for (const { offset, value, appendedAtMs } of batch.records) {
      if (offset >= claim.nextOffset) break;
      this.firstOffset ??= offset;
      const block = decodeOrSkip(value);
      if (block) learner.process(block, appendedAtMs);
      this.records += 1;
      this.tell(offset);
      if (turn.isOver) await turn.pass();
    }
    this.lastRecordMs = performance.now();
  }

  /** Hands over what was learned. */
  finish(): void {
    const { claim, stream, learner } = this.parts;
    if (stream.timeMs === 0) stream.restorePartition(learner.partitionState());
    const count = stream.learn(learner);
    metrics.rebuiltSeries.inc(count);
    const seconds = ((performance.now() - this.beganMs) / 1000).toFixed(1);
    const from = this.firstOffset === undefined ? 'of none' : `from ${this.firstOffset} on`;
    this.logger.log(
      `partition ${claim.partition}: ${count} series and groups have learned again what was lost, of ${this.records} records ${from}, in ${seconds} s`,
    );
  }

  /** How far it is with the record at `offset`. */
  private tell(offset: bigint): void {
    if (performance.now() < this.tellAtMs) return;
    this.tellAtMs = performance.now() + TELL_EVERY_MS;
    const { claim } = this.parts;
    this.logger.log(
      `partition ${claim.partition}: learning again from the log, at record ${offset} of up to ${claim.nextOffset}`,
    );
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
