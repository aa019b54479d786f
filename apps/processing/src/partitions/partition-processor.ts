import { setImmediate } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { HEADERS } from '@tidewatch/contracts';
import {
  type ConsumedRecord,
  failPoint,
  type LogBatch,
  type PartitionClaim,
  type PartitionHandler,
  PoisonRecordError,
} from '@tidewatch/messaging';
import { BlockFormatError, decodeBlock, type ReadingBatch } from '@tidewatch/readings';
import type { PartitionStream, ReadingCounts } from '@tidewatch/stream-processing';
import * as metrics from '../metrics';
import type { PartitionSettings } from '../settings/partition-settings';
import type { OutputBuffer } from './output-buffer';
import type { StateStore } from './state-store';

/** Other partitions of the process, their heartbeats above all, wait no longer than this. */
const YIELD_AFTER_MS = 5;

export interface PartitionProcessorParts {
  readonly claim: PartitionClaim;
  readonly stream: PartitionStream;
  readonly outputs: OutputBuffer;
  readonly store: StateStore;
  readonly settings: PartitionSettings;
  readonly checkpointIntervalMs: number;
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
  private readonly counted: ReadingCounts;

  constructor(private readonly parts: PartitionProcessorParts) {
    const { claim, stream, checkpointIntervalMs } = parts;
    this.doneOffset = this.checkpointOffset = claim.nextOffset;
    this.counted = { ...stream.counts };
    // Partitions that open together checkpoint one after another.
    this.nextCheckpointMs = performance.now() + checkpointIntervalMs * (0.5 + (claim.partition % 8) / 16);
  }

  async handle(batch: LogBatch): Promise<void> {
    // All before any: a poison record must find the state as it was.
    const blocks = await timed('decode', () => decodeAll(batch.records));
    await this.parts.settings.beforeBatch(batch, this.doneOffset);
    await timed('process', () => this.processAll(blocks, batch));
    await timed('publish', () => this.parts.outputs.flush());
    failPoint('processing.after-outputs');
    this.doneOffset = batch.nextOffset;
    this.measure(batch.records);
    await this.tick();
  }

  /** Time decides when to write a checkpoint, never what is in it. */
  async tick(): Promise<void> {
    if (performance.now() >= this.nextCheckpointMs) await this.checkpoint();
  }

  async close(): Promise<void> {
    metrics.trackedSeries.remove({ partition: this.parts.claim.partition });
    metrics.openAnomalies.remove({ partition: this.parts.claim.partition });
    await this.checkpoint();
  }

  private async processAll(blocks: readonly ReadingBatch[], batch: LogBatch): Promise<void> {
    const { stream, outputs, settings } = this.parts;
    const { records } = batch;
    let switchAt = settings.nextSwitch(batch);
    let yieldAt = performance.now() + YIELD_AFTER_MS;
    for (let i = 0; i < blocks.length; i++) {
      while (i === switchAt) {
        await settings.switch();
        switchAt = settings.nextSwitch(batch);
      }
      stream.process(blocks[i]!, records[i]!.appendedAtMs);
      failPoint('processing.in-batch');
      if (outputs.isFull) await outputs.flush();
      if (performance.now() < yieldAt) continue;
      await setImmediate();
      yieldAt = performance.now() + YIELD_AFTER_MS;
    }
  }

  private async checkpoint(): Promise<void> {
    const { claim, stream, store, checkpointIntervalMs } = this.parts;
    this.nextCheckpointMs = performance.now() + checkpointIntervalMs;
    if (this.doneOffset === this.checkpointOffset) return;
    const written = await timed('checkpoint', () =>
      store.save(claim, this.doneOffset, stream.partitionState(), stream.takeChanges()),
    );
    failPoint('processing.after-commit');
    this.checkpointOffset = this.doneOffset;
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
    metrics.trackedSeries.set({ partition: claim.partition }, stream.seriesCount);
    metrics.openAnomalies.set({ partition: claim.partition }, stream.openEpisodes);
    const now = Date.now();
    for (const { headers } of records) {
      const receivedAtMs = Number(headers[HEADERS.receivedAtMs]);
      if (receivedAtMs > 0) metrics.latency.observe(Math.max(0, now - receivedAtMs) / 1000);
    }
  }
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
