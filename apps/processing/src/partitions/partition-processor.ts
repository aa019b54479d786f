import { Logger } from '@nestjs/common';
import { HEADERS } from '@tidewatch/contracts';
import {
  type ConsumedRecord,
  failPoint,
  type LogBatch,
  type MessageLog,
  type PartitionClaim,
  type PartitionHandler,
  PoisonRecordError,
} from '@tidewatch/messaging';
import { BlockFormatError, decodeBlock, type ReadingBatch } from '@tidewatch/readings';
import type { PartitionStream, ReadingCounts, RevisionCounts } from '@tidewatch/stream-processing';
import * as metrics from '../metrics';
import type { PartitionSettings } from '../settings/partition-settings';
import type { CheckpointPace } from './checkpoint-pace';
import type { OutputBuffer } from './output-buffer';
import { Silence } from './silence';
import type { StateRebuild } from './state-rebuild';
import type { StateStore } from './state-store';
import { Turn } from './turn';

export interface PartitionProcessorParts {
  readonly claim: PartitionClaim;
  readonly stream: PartitionStream;
  readonly log: Pick<MessageLog, 'endOffset'>;
  readonly outputs: OutputBuffer;
  readonly store: StateStore;
  readonly settings: PartitionSettings;
  readonly pace: CheckpointPace;
  /** After so long without a record the log's time goes on by itself, if something waits for it. */
  readonly idleTimeoutMs: number;
  /** The time to which the partition goes on by itself before the first record, 0 where it does not. */
  readonly silentUntilMs: number;
  /** Where something of the state could not be read: what learns it again, before anything else happens. */
  readonly rebuild?: StateRebuild;
}

/**
 * One partition of readings. The outputs of a batch are acknowledged by the log before its offset may be part of a checkpoint, so after a crash
 * outputs repeat, identically, and none is missing. State in memory runs ahead of the checkpoint; whoever takes over begins at the checkpoint.
 */
export class PartitionProcessor implements PartitionHandler {
  private readonly logger = new Logger(PartitionProcessor.name);
  /** Everything below is in the state and its outputs are on the log. */
  private doneOffset: bigint;
  private checkpointOffset: bigint;
  private nextCheckpointMs: number;
  /** Something has gone on since the checkpoint, though no record was processed. */
  private isAhead = false;
  private rebuild: StateRebuild | undefined;
  private readonly silence: Silence;
  /** When the claim was known to hold. */
  private confirmedMs = performance.now();
  private readonly counted: ReadingCounts;
  private readonly countedRevisions: RevisionCounts;

  constructor(private readonly parts: PartitionProcessorParts) {
    const { claim, stream, pace, idleTimeoutMs } = parts;
    this.silence = new Silence(idleTimeoutMs);
    this.rebuild = parts.rebuild;
    this.doneOffset = this.checkpointOffset = claim.nextOffset;
    this.counted = { ...stream.counts };
    this.countedRevisions = { ...stream.revisions };
    this.measureState();
    // Partitions that open together checkpoint one after another.
    this.nextCheckpointMs = performance.now() + pace.intervalMs * (0.5 + (claim.partition % 8) / 16);
  }

  /** Once, before the first record that is to take effect: the end of a rebuild, and what the owner before had written down and may not have come to. */
  async begin(): Promise<void> {
    const { stream, outputs, silentUntilMs } = this.parts;
    this.isAhead = silentUntilMs > 0 || this.rebuild !== undefined;
    this.rebuild?.finish();
    this.rebuild = undefined;
    stream.passTime(silentUntilMs);
    await outputs.flush();
  }

  /** A rebuild takes all that the log has. */
  get beginsAt(): bigint {
    return this.rebuild ? 0n : this.parts.claim.nextOffset;
  }

  async handle(given: LogBatch): Promise<void> {
    await this.rebuild?.take(given);
    if (this.rebuild && given.nextOffset >= this.doneOffset) await this.begin();
    // Of a rebuild, or what the log has given too late for one.
    if (given.nextOffset <= this.doneOffset) return;
    const batch = from(given, this.doneOffset);
    await this.confirmClaim();
    // All before any: a poison record must find the state as it was.
    const blocks = await timed('decode', () => decodeAll(batch.records));
    await this.parts.settings.beforeRecord(this.doneOffset);
    await timed('process', () => this.processAll(blocks, batch));
    await timed('publish', () => this.parts.outputs.flush());
    failPoint('processing.after-outputs');
    this.doneOffset = batch.nextOffset;
    this.silence.end();
    this.measure(batch.records);
    if (this.isCheckpointDue()) await this.checkpoint();
  }

  /** Time decides when to write a checkpoint, never what is in it, but for the silence of the partition. */
  async tick(): Promise<void> {
    if (this.rebuild) {
      if (!this.rebuild.isSilent || !(await this.isAtEndOfLog())) return;
      await this.begin();
    }
    if (this.isCheckpointDue()) await this.checkpoint();
    await this.passSilence();
  }

  async close(): Promise<void> {
    metrics.trackedSeries.remove({ partition: this.parts.claim.partition });
    metrics.openAnomalies.remove({ partition: this.parts.claim.partition });
    await this.checkpoint();
    this.parts.pace.forget(this.parts.claim.partition);
  }

  private async processAll(blocks: readonly ReadingBatch[], batch: LogBatch): Promise<void> {
    const { stream, outputs, settings } = this.parts;
    const { records } = batch;
    let switchAt = settings.nextSwitch(batch);
    const turn = new Turn();
    for (let i = 0; i < blocks.length; i++) {
      while (i === switchAt) {
        await settings.switch();
        switchAt = settings.nextSwitch(batch);
      }
      stream.process(blocks[i]!, records[i]!.appendedAtMs);
      failPoint('processing.in-batch');
      if (outputs.isFull) await outputs.flush();
      if (turn.isOver) await turn.pass();
    }
  }

  /**
   * A partition without records has no time of its own, and its windows and episodes would stay open. So after a while its time goes on, if that changes
   * anything: the checkpoint first says to what time, in the transaction that fences, and only then is the stream told. So a replay does the same.
   */
  private async passSilence(): Promise<void> {
    const { stream, outputs } = this.parts;
    const untilMs = this.silence.until(stream.timeMs);
    if (untilMs === undefined || !stream.isDue(untilMs)) return;
    // What has not come here yet, because the log is slow or the partition was paused, is no silence.
    if (!(await this.isAtEndOfLog())) return;
    await this.save(untilMs);
    this.silence.passed(untilMs - stream.timeMs);
    this.isAhead = true;
    stream.passTime(untilMs);
    await outputs.flush();
    failPoint('processing.after-silence');
    metrics.silences.inc();
    this.measureState();
  }

  private async isAtEndOfLog(): Promise<boolean> {
    const { claim, log } = this.parts;
    return (await log.endOffset(claim.topic, claim.partition)) === this.doneOffset;
  }

  /**
   * An owner that was stopped and has lost the partition without knowing it must not process a record that its successor reads after a silence which the
   * owner knows nothing of. A successor waits for `idleTimeoutMs` with its first silence: a claim that held half of that ago is one from before it.
   */
  private async confirmClaim(): Promise<void> {
    const { claim, store, idleTimeoutMs } = this.parts;
    const nowMs = performance.now();
    if (nowMs - this.confirmedMs < idleTimeoutMs / 2) return;
    await store.confirm(claim, this.checkpointOffset);
    this.confirmedMs = nowMs;
  }

  private isCheckpointDue(): boolean {
    return performance.now() >= this.nextCheckpointMs;
  }

  private async checkpoint(): Promise<void> {
    if (this.doneOffset !== this.checkpointOffset || this.isAhead) await this.save();
    this.nextCheckpointMs = performance.now() + this.parts.pace.intervalMs;
  }

  /** With the time, if any, to which the stream goes on from here before the next record. */
  private async save(silentUntilMs?: number): Promise<void> {
    const { claim, stream, store, pace } = this.parts;
    const nowMs = performance.now();
    const written = await timed('checkpoint', () =>
      store.save(claim, this.doneOffset, stream.partitionState(silentUntilMs), stream.takeChanges()),
    );
    failPoint('processing.after-commit');
    this.confirmedMs = nowMs;
    this.checkpointOffset = this.doneOffset;
    this.isAhead = false;
    pace.spent(claim.partition, written.seconds);
    metrics.checkpointInterval.set(pace.intervalMs / 1000);
    metrics.checkpointBytes.inc(written.bytes);
    metrics.checkpointSeries.inc(written.series);
  }

  private measure(records: readonly ConsumedRecord[]): void {
    const { claim, stream } = this.parts;
    if (stream.counts.untracked > 0 && this.counted.untracked === 0) {
      this.logger.warn(
        `partition ${claim.partition} has reached its bound of ${stream.seriesCount} series: readings of further series are stored but not processed`,
      );
    }
    metrics.countReadings(stream.counts, this.counted);
    metrics.countRevisions(stream.revisions, this.countedRevisions);
    this.measureState();
    const now = Date.now();
    for (const { headers } of records) {
      const receivedAtMs = Number(headers[HEADERS.receivedAtMs]);
      if (receivedAtMs > 0) metrics.latency.observe(Math.max(0, now - receivedAtMs) / 1000);
    }
  }

  private measureState(): void {
    const { claim, stream } = this.parts;
    metrics.trackedSeries.set({ partition: claim.partition }, stream.seriesCount);
    metrics.openAnomalies.set({ partition: claim.partition }, stream.openEpisodes);
  }
}

/** The records of a batch from an offset on. */
function from(batch: LogBatch, first: bigint): LogBatch {
  if (batch.records[0] === undefined || batch.records[0].offset >= first) return batch;
  return { ...batch, records: batch.records.filter(({ offset }) => offset >= first) };
}

/** Throws `PoisonRecordError` on the first record that is no block of readings. */
function decodeAll(records: readonly ConsumedRecord[]): ReadingBatch[] {
  return records.map(({ offset, value }) => {
    try {
      return decodeBlock(value);
    } catch (error) {
      if (!(error instanceof BlockFormatError)) throw error;
      throw new PoisonRecordError(offset, 'undecodable-block', error.message, { cause: error });
    }
  });
}

async function timed<T>(stage: string, work: () => T | Promise<T>): Promise<T> {
  const end = metrics.stageDuration.startTimer({ stage });
  const result = await work();
  end();
  return result;
}
