import type { ReadingCounts, RevisionCounts } from '@tidewatch/stream-processing';
import { Counter, Gauge, Histogram } from 'prom-client';

const readings = new Counter({
  name: 'tidewatch_processing_readings_total',
  help: 'Readings by outcome: processed, duplicate, late, ahead (of the clock), untracked (too many series).',
  labelNames: ['outcome'] as const,
});

const unscored = new Counter({
  name: 'tidewatch_processing_unscored_readings_total',
  help: 'Readings in windows that came too late for the detector: it had seen a later one of their series, and could not go back so far.',
});

const rejudged = new Counter({
  name: 'tidewatch_processing_rejudged_readings_total',
  help: 'Readings that came too late to be judged in order, and were judged with all after them once more.',
});

const historiesCut = new Counter({
  name: 'tidewatch_processing_histories_cut_total',
  help: 'Times that a series gave up what is kept to judge its late readings, because there was no room: what was told of it is not revised any more.',
});

const ungrouped = new Counter({
  name: 'tidewatch_processing_ungrouped_readings_total',
  help: 'Readings in windows of their series, but not of its group: too late for it, or of a group beyond the bound. Once for each group.',
});

export const windows = new Counter({
  name: 'tidewatch_processing_windows_total',
  help: 'Windows put on the log, repeats after a crash included: first, or revised by late readings.',
  labelNames: ['kind'] as const,
});

export const anomalies = new Counter({
  name: 'tidewatch_processing_anomalies_total',
  help: 'Events of anomalies put on the log, repeats after a crash included: opened, updated, closed; revised or withdrawn by late readings.',
  labelNames: ['event', 'severity'] as const,
});

export const openAnomalies = new Gauge({
  name: 'tidewatch_processing_open_anomalies',
  help: 'Anomalies that go on.',
  labelNames: ['partition'] as const,
});

export const trackedSeries = new Gauge({
  name: 'tidewatch_processing_series',
  help: 'Series whose state is held.',
  labelNames: ['partition'] as const,
});

export const silences = new Counter({
  name: 'tidewatch_processing_silences_total',
  help: 'Times that a partition without records had its time go on, because windows, episodes or readings waited for it.',
});

export const stageDuration = new Histogram({
  name: 'tidewatch_processing_stage_duration_seconds',
  help: 'Time per batch by stage: decode, process, publish; and checkpoint and restore of a partition.',
  labelNames: ['stage'] as const,
  buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
});

export const rebuiltSeries = new Counter({
  name: 'tidewatch_processing_rebuilt_series_total',
  help: 'Series and groups whose stored state could not be read, wholly or that of the detector or limits, and was learned again from the log as far back as that goes.',
});

export const checkpointInterval = new Gauge({
  name: 'tidewatch_processing_checkpoint_interval_seconds',
  help: 'Time from one checkpoint of a partition to its next, as the last ones have taken: what a crash makes the service do again.',
});

export const checkpointBytes = new Counter({
  name: 'tidewatch_processing_checkpoint_bytes_total',
  help: 'Bytes of state written by checkpoints.',
});

export const checkpointSeries = new Counter({
  name: 'tidewatch_processing_checkpoint_series_total',
  help: 'Series whose state was written by checkpoints.',
});

export const stateFaults = new Counter({
  name: 'tidewatch_processing_state_faults_total',
  help: 'Stored states that could not be restored: damaged (the series began anew) or detector (only its detector did).',
  labelNames: ['kind'] as const,
});

export const latency = new Histogram({
  name: 'tidewatch_processing_latency_seconds',
  help: 'From the receipt of a block by ingestion to its outputs on the log.',
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
});

/** Adds what `counts` has grown since `before`, and brings `before` up to date. */
export function countReadings(counts: ReadingCounts, before: ReadingCounts): void {
  for (const outcome of Object.keys(counts) as (keyof ReadingCounts)[]) {
    const grown = counts[outcome] - before[outcome];
    // These two are among the processed ones, too.
    if (outcome === 'unscored') unscored.inc(grown);
    else if (outcome === 'ungrouped') ungrouped.inc(grown);
    else if (grown > 0) readings.inc({ outcome }, grown);
    before[outcome] = counts[outcome];
  }
}

/** As `countReadings`. */
export function countRevisions(counts: RevisionCounts, before: RevisionCounts): void {
  rejudged.inc(counts.rejudged - before.rejudged);
  historiesCut.inc(counts.cut - before.cut);
  Object.assign(before, counts);
}
