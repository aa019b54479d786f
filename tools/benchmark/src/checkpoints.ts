/** What checkpoints of processing have written since it was started, and what they took. */
export interface CheckpointMark {
  readonly checkpoints: number;
  readonly series: number;
  readonly bytes: number;
  /** By the clock, from the first change to the end of the commit: no less than what they took of the processors. */
  readonly seconds: number;
  /** Until the next one of a partition, as it is now. */
  readonly intervalSeconds: number;
}

/** `processingUrl` is that of the service itself. */
export async function readCheckpoints(processingUrl: string): Promise<CheckpointMark> {
  const response = await fetch(`${processingUrl}/metrics`);
  return checkpointsIn(await response.text());
}

/** From metrics in the text format of Prometheus. */
export function checkpointsIn(metrics: string): CheckpointMark {
  const values = new Map(
    metrics.split('\n').flatMap((line) => {
      const [, name, value] = /^tidewatch_processing_(\S+) (\S+)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, Number(value)] as const];
    }),
  );
  const valueOf = (name: string): number => values.get(name) ?? 0;
  return {
    checkpoints: valueOf('stage_duration_seconds_count{stage="checkpoint"}'),
    series: valueOf('checkpoint_series_total'),
    bytes: valueOf('checkpoint_bytes_total'),
    seconds: valueOf('stage_duration_seconds_sum{stage="checkpoint"}'),
    intervalSeconds: valueOf('checkpoint_interval_seconds'),
  };
}

export function checkpointsBetween(from: CheckpointMark, to: CheckpointMark): CheckpointMark {
  return {
    checkpoints: to.checkpoints - from.checkpoints,
    series: to.series - from.series,
    bytes: to.bytes - from.bytes,
    seconds: to.seconds - from.seconds,
    intervalSeconds: to.intervalSeconds,
  };
}
