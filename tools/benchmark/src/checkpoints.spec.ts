import { expect, test } from '@jest/globals';
import { checkpointsBetween, checkpointsIn } from './checkpoints';

const METRICS = `# TYPE tidewatch_processing_stage_duration_seconds histogram
tidewatch_processing_stage_duration_seconds_sum{stage="process"} 40
tidewatch_processing_stage_duration_seconds_sum{stage="checkpoint"} 2.5
tidewatch_processing_stage_duration_seconds_count{stage="checkpoint"} 8
tidewatch_processing_checkpoint_series_total 50000
tidewatch_processing_checkpoint_bytes_total 1.5e+8
tidewatch_processing_checkpoint_interval_seconds 25
`;

test('what checkpoints took is read from the metrics, and that between two moments is the difference', () => {
  const mark = checkpointsIn(METRICS);
  expect(mark).toEqual({ checkpoints: 8, series: 50_000, bytes: 1.5e8, seconds: 2.5, intervalSeconds: 25 });
  expect(checkpointsBetween(checkpointsIn(''), mark)).toEqual(mark);
  expect(checkpointsBetween(mark, mark)).toMatchObject({ checkpoints: 0, series: 0, intervalSeconds: 25 });
});
