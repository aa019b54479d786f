import { describe, expect, test } from '@jest/globals';
import { detectorKind, newVerdict, openEpisode } from '@tidewatch/anomaly-detection';
import { anomaly, groupPartial, windowAggregate } from '@tidewatch/contracts';
import type { LogRecord } from '@tidewatch/messaging';
import { partitionOfDevice, seriesHash, seriesKey } from '@tidewatch/readings';
import { anomalyOf, incidentId, windowId } from '@tidewatch/stream-processing';
import { anomalyRecord, groupRecord, windowRecord } from './output-records';

const key = seriesKey('pump-7', 'temperature', [['hall', 'b']]);
const series = { key, hash: seriesHash(key) };
const groupHash = Uint8Array.from({ length: 16 }, (_, i) => i);

test("a window keeps to the contract, goes to its device's partition, and has an id that never changes", () => {
  const values = {
    ...{ sizeMs: 10_000, stepMs: 10_000, startMs: 1_700_000_040_000, revision: 0, final: false },
    ...{ count: 2, min: 1, max: 2.5 },
    ...{
      sum: 3.5,
      sumOfSquares: 7.25,
      mean: 1.75,
      stddev: 0.75,
      p50: 1,
      p90: 1,
      p99: 1,
      first: 2.5,
      last: 1,
    },
  };
  const record = windowRecord(series, values, 12);
  const body = windowAggregate.parse(JSON.parse(Buffer.from(record.value).toString()));
  expect(body).toEqual({
    id: 'f1f226204d4e00b9e2f263d1edd347a1',
    series: { device: 'pump-7', metric: 'temperature', tags: { hall: 'b' } },
    ...values,
  });
  expect(record).toMatchObject({ key: 'pump-7', partition: partitionOfDevice('pump-7', 12) });
  expect(record.headers).toEqual({
    ce_specversion: '1.0',
    ce_id: 'f1f226204d4e00b9e2f263d1edd347a1.0',
    ce_type: 'io.tidewatch.window.closed',
    ce_source: '/tidewatch/processing',
    ce_time: '2023-11-14T22:14:10.000000Z',
    'content-type': 'application/json',
  });
  expect(windowRecord(series, { ...values, revision: 3 }, 12).headers).toMatchObject({
    ce_id: 'f1f226204d4e00b9e2f263d1edd347a1.3',
    ce_type: 'io.tidewatch.window.revised',
  });
});

test('what a partition knows of a window of a group keeps to the contract, and is where that of other partitions is', () => {
  const group = { tag: 'site', value: 'north', metric: 'flow' };
  const part = {
    ...{ sizeMs: 60_000, stepMs: 10_000, startMs: 1_700_000_040_000, revision: 1, final: false },
    ...{ count: 2, min: 1, max: 2, sums: [3], sumsOfSquares: [5], firstUs: 7, first: 1, lastUs: 9, last: 2 },
    sketch: { level: 0, buckets: [65_472, 65_536], counts: [1, 1] },
  };
  const [a, b] = [0, 1].map((partition) =>
    groupRecord({ key: group, hash: groupHash }, part, { partition, partitions: 12 }),
  ) as [LogRecord, LogRecord];
  const body = groupPartial.parse(JSON.parse(Buffer.from(a.value).toString()));
  expect(body).toEqual({ id: expect.stringMatching(/^[0-9a-f]{32}$/), group, partition: 0, ...part });
  expect(a.headers).toMatchObject({
    ce_id: `${body.id}.1`,
    ce_type: 'io.tidewatch.group-window.revised',
    ce_time: '2023-11-14T22:15:00.000000Z',
  });
  expect([a.key, a.partition]).toEqual([b.key, b.partition]);
  expect(b.headers).not.toMatchObject({ ce_id: a.headers!['ce_id']! });
});

test('windows of one size and start are told apart by their step', () => {
  const place = { sizeMs: 60_000, stepMs: 60_000, startMs: 1_700_000_040_000 };
  const ids = [60_000, 20_000, 10_000].map((stepMs) => windowId(series.hash, { ...place, stepMs }));
  expect(new Set(ids).size).toBe(3);
});

describe('an anomaly', () => {
  const beganUs = 1_700_000_040_123_456;
  const verdict = {
    ...newVerdict(),
    score: 0.91,
    ratio: 10,
    expectedMin: 24.8,
    expectedMax: 26.3,
    deviation: 31.2,
    observed: 92.1,
  };
  verdict.strengths[0] = 31.2;
  const judge = detectorKind('agreement');
  const episode = openEpisode({ timeUs: beganUs, value: 92.1, verdict, judge }, 0);
  episode.incidentUs = beganUs - 5_000_000;
  const other = seriesKey('pump-7', 'flow');
  const related = [{ series: { key: other, hash: seriesHash(other) }, ratio: 2.5 }];

  test('keeps to the contract and says it in one sentence', () => {
    const body = anomalyOf(series, { event: 'opened', episode, related });
    expect(anomaly.parse(JSON.parse(JSON.stringify(body)))).toEqual({
      id: '86008ed136eb27dd68e090c14c1d53b5',
      revision: 0,
      state: 'open',
      incidentId: incidentId('pump-7', beganUs - 5_000_000),
      series: { device: 'pump-7', metric: 'temperature', tags: { hall: 'b' } },
      began: '2023-11-14T22:14:00.123456Z',
      peakTime: '2023-11-14T22:14:00.123456Z',
      peakValue: 92.1,
      ended: null,
      durationSeconds: 0,
      flaggedReadings: 1,
      expectedMin: 24.8,
      expectedMax: 26.3,
      score: 10 / 11,
      ratio: 10,
      deviation: 31.2,
      finding: {
        ...{ kind: 'value', observed: 92.1, reason: '31 times as far from the usual level as usual' },
      },
      statistics: [
        { name: 'distance from the mean of the last 8 readings', unit: 'surprise', strength: 31.2 },
      ],
      related: [{ series: { device: 'pump-7', metric: 'flow', tags: {} }, ratio: 2.5 }],
      severity: 'critical',
      detector: 'agreement',
      explanation:
        'pump-7 temperature 92.1; expected 24.8–26.3; 31 times as far from the usual level as usual; began 22:14:00 UTC.',
      counterfactual: 'It would not have fired at a threshold above 0.9091 (limits 10 times as wide).',
    });
    expect(anomalyRecord(body, 'opened', 12)).toMatchObject({
      key: 'pump-7',
      headers: { ce_id: `${body.id}.0`, ce_time: body.began, ce_type: 'io.tidewatch.anomaly.opened' },
    });
  });

  test('of a limit has no number where the range is open, and one of before is read so', () => {
    const peak = { ...episode.peak, expectedMin: -Number.MAX_VALUE, expectedMax: 80 };
    const body = anomalyOf(series, { event: 'opened', episode: { ...episode, peak }, related });
    expect(body).toMatchObject({ expectedMin: null, expectedMax: 80 });
    expect(anomaly.parse(body)).toEqual(body);
    expect(anomaly.parse({ ...body, expectedMin: -Number.MAX_VALUE })).toEqual(body);
  });

  test('that has ended keeps its id, and says how long it was', () => {
    const closed = { ...episode, revision: 2, endedUs: beganUs + 48_500_000 };
    const body = anomalyOf(series, { event: 'closed', episode: closed, related: [] });
    expect(body).toMatchObject({
      ...{ id: '86008ed136eb27dd68e090c14c1d53b5', revision: 2, state: 'closed', durationSeconds: 48.5 },
      ended: '2023-11-14T22:14:48.623456Z',
    });
    expect(body.explanation).toMatch(/; began 22:14:00 UTC, lasted 49 s\.$/);
    expect(anomalyRecord(body, 'closed', 12).headers).toMatchObject({
      ...{ ce_id: `${body.id}.2`, ce_time: body.ended, ce_type: 'io.tidewatch.anomaly.closed' },
    });
  });

  test('has an incident of its device', () => {
    expect(incidentId('pump-7', beganUs)).toMatch(/^[0-9a-f]{32}$/);
    expect(incidentId('pump-8', beganUs)).not.toBe(incidentId('pump-7', beganUs));
  });
});
