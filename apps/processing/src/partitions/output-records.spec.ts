import { describe, expect, test } from '@jest/globals';
import { detectorKind, newVerdict } from '@tidewatch/anomaly-detection';
import { anomaly, windowAggregate } from '@tidewatch/contracts';
import { partitionOfDevice, seriesHash, seriesKey } from '@tidewatch/readings';
import { anomalyOf, anomalyRecord, windowRecord } from './output-records';

const key = seriesKey('pump-7', 'temperature', [['hall', 'b']]);
const series = { key, hash: seriesHash(key) };
const kind = detectorKind('agreement');

test("a window keeps to the contract, goes to its device's partition, and has an id that never changes", () => {
  const values = {
    ...{ sizeMs: 10_000, startMs: 1_700_000_040_000, revision: 0, final: false, count: 2, min: 1, max: 2.5 },
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

describe('an anomaly', () => {
  const reading = { series, timeUs: 1_700_000_040_123_456, value: 92.1 };
  const verdict = { ...newVerdict(), score: 0.91, expectedMin: 24.8, expectedMax: 26.3, deviation: 31.2 };

  test('keeps to the contract and says it in one sentence', () => {
    const body = anomalyOf(reading, verdict, kind);
    expect(anomaly.parse(body)).toEqual({
      id: '86008ed136eb27dd68e090c14c1d53b5',
      series: { device: 'pump-7', metric: 'temperature', tags: { hall: 'b' } },
      time: '2023-11-14T22:14:00.123456Z',
      value: 92.1,
      expectedMin: 24.8,
      expectedMax: 26.3,
      score: 0.91,
      severity: 'critical',
      detector: 'agreement',
      explanation: 'temperature 92.1, expected 24.8 to 26.3; 31 times as far from the usual level as usual',
    });
    expect(anomalyRecord(body, 12).headers).toMatchObject({ ce_id: body.id, ce_time: body.time });
  });

  test.each([
    [0.5, 'info'],
    [0.75, 'warning'],
    [0.9, 'critical'],
  ])('of score %d is %s', (score, severity) => {
    expect(anomalyOf(reading, { ...verdict, score }, kind).severity).toBe(severity);
  });

  test('has finite bounds, for JSON has no others', () => {
    const body = anomalyOf(reading, { ...verdict, expectedMax: Infinity }, kind);
    expect(body.expectedMax).toBe(Number.MAX_VALUE);
  });
});
