import { expect, test } from '@jest/globals';
import type { Anomaly } from '@tidewatch/contracts';
import { addFrame, addStored, EMPTY_LOG } from './anomaly-log';

const anomaly = (id: string, second: number, revision = 0): Anomaly => ({
  ...{ id, revision, state: 'open', incidentId: 'i' },
  series: { device: 'd', metric: 'm', tags: {} },
  began: `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000Z`,
  ...{ peakTime: '2026-01-01T00:00:00.000000Z', peakValue: 1, ended: null, durationSeconds: 0 },
  ...{ flaggedReadings: 1, expectedMin: 0, expectedMax: 1, score: 1, ratio: 2, deviation: 1 },
  ...{ statistics: [], related: [], severity: 'info', detector: 'test' },
  ...{ explanation: 'Odd.', counterfactual: 'Less.' },
});
const frame = (anomalies: Anomaly[], dropped = 0) => ({ view: 'anomalies' as const, anomalies, dropped });

test('anomalies are listed once, the newest first, with the number that went by', () => {
  let log = addStored(EMPTY_LOG, [anomaly('b', 2), anomaly('a', 1)]);
  log = addFrame(log, frame([anomaly('b', 2), anomaly('d', 40)], 3));
  log = addFrame(log, frame([anomaly('c', 30)], 2));
  expect(log.anomalies.map(({ id }) => id)).toEqual(['d', 'c', 'b', 'a']);
  expect(log.missed).toBe(5);
});

test('the list is bounded', () => {
  const many = Array.from({ length: 1_000 }, (_, i) => anomaly(`x${i}`, i % 60));
  expect(addFrame(EMPTY_LOG, frame(many)).anomalies).toHaveLength(300);
});

test('a change takes the place of what it changes, and an older one does not', () => {
  const log = [2, 0, 1].reduce(
    (soFar, revision) => addFrame(soFar, frame([anomaly('a', 1, revision)])),
    addStored(EMPTY_LOG, [anomaly('b', 2), anomaly('a', 1, 1)]),
  );
  expect(log.anomalies.map(({ id, revision }) => [id, revision])).toEqual([
    ['b', 0],
    ['a', 2],
  ]);
});
