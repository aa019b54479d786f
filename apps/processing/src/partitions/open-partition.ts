import { Logger } from '@nestjs/common';
import { type DetectorKind, SnapshotError } from '@tidewatch/anomaly-detection';
import { TOPICS } from '@tidewatch/contracts';
import type { MessageLog, PartitionClaim } from '@tidewatch/messaging';
import {
  PartitionStream,
  type StreamSettings,
  type StreamSink,
  watchingOf,
} from '@tidewatch/stream-processing';
import * as metrics from '../metrics';
import { PartitionSettings } from '../settings/partition-settings';
import type { SettingsStore } from '../settings/settings-store';
import type { CheckpointPace } from './checkpoint-pace';
import { OutputBuffer } from './output-buffer';
import { PartitionProcessor } from './partition-processor';
import { StateRebuild } from './state-rebuild';
import { StateStore } from './state-store';

const logger = new Logger('processing');

/** Injection token of the `PartitionDependencies`. */
export const PARTITION_DEPENDENCIES = Symbol('PARTITION_DEPENDENCIES');

export interface PartitionDependencies {
  readonly log: MessageLog;
  readonly store: StateStore;
  readonly settings: StreamSettings;
  readonly detector: DetectorKind;
  /** Of the whole process. */
  readonly pace: CheckpointPace;
  readonly detection: SettingsStore;
  /** The latest revision of the detection settings that is known. */
  readonly latestRevision: () => bigint;
}

const NOWHERE: StreamSink = { window: () => undefined, group: () => undefined, episode: () => undefined };

/** A processor whose state is that of the claim's checkpoint, or becomes it by the records before that. */
export async function openPartition(
  claim: PartitionClaim,
  dependencies: PartitionDependencies,
): Promise<PartitionProcessor> {
  const { log, store, settings, detector, pace } = dependencies;
  const outputs = new OutputBuffer(log, claim.partition, {
    aggregates: await log.partitionCount(TOPICS.aggregates),
    anomalies: await log.partitionCount(TOPICS.anomalies),
  });
  const stream = new PartitionStream(settings, detector, outputs);
  await dependencies.detection.tell(claim.consumer, watchingOf(detector.name, settings));
  const partitionSettings = await PartitionSettings.open({
    ...{ claim, stream, store: dependencies.detection, latest: dependencies.latestRevision },
    endOffset: await log.endOffset(claim.topic, claim.partition),
  });
  const end = metrics.stageDuration.startTimer({ stage: 'restore' });
  const { silentUntilMs, isWhole } = await restore(claim, stream, store);
  end();
  const { idleTimeoutMs } = settings;
  const parts = { claim, stream, log, outputs, store, settings: partitionSettings, pace };
  const times = { idleTimeoutMs, silentUntilMs };
  if (isWhole) {
    const processor = new PartitionProcessor({ ...parts, ...times });
    await processor.begin();
    return processor;
  }
  const learner = new PartitionStream(settings, detector, NOWHERE);
  learner.useDetection(partitionSettings.inForce);
  const rebuild = new StateRebuild({ claim, stream, learner, idleTimeoutMs });
  return new PartitionProcessor({ ...parts, ...times, rebuild });
}

/** A state that can't be read is set aside, and the service lives. Returns the time to pass before the first record, and whether there was nothing to set aside. */
async function restore(
  claim: PartitionClaim,
  stream: PartitionStream,
  store: StateStore,
): Promise<{ silentUntilMs: number; isWhole: boolean }> {
  const stored = await store.load(claim);
  const faults = { damaged: 0, detector: 0 };
  let example = '';
  const attempt = (step: () => boolean): void => {
    try {
      if (!step()) faults.detector += 1;
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      faults.damaged += 1;
      example = error.message;
    }
  };
  const { partition } = stored;
  let silentUntilMs = 0;
  if (partition) attempt(() => ((silentUntilMs = stream.restorePartition(partition)), true));
  for await (const state of stored.series) attempt(() => stream.restore(state));
  if (faults.damaged > 0) {
    logger.error(`partition ${claim.partition}: ${faults.damaged} stored states set aside (${example})`);
  }
  if (faults.detector > 0) {
    logger.warn(
      `partition ${claim.partition}: the detectors of ${faults.detector} series are of another version`,
    );
  }
  metrics.stateFaults.inc({ kind: 'damaged' }, faults.damaged);
  metrics.stateFaults.inc({ kind: 'detector' }, faults.detector);
  return { silentUntilMs, isWhole: faults.damaged + faults.detector === 0 };
}
