import { expect, test } from '@jest/globals';
import type { Anomaly } from '@tidewatch/contracts';
import { addFrame, addStored, EMPTY_LOG } from './anomaly-log';

const anomaly = (id: string, second: number): Anomaly => ({
  id,
  series: { device: 'd', metric: 'm', tags: {} },
  time: `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000Z`,
  value: 1,
  expectedMin: 0,
  expectedMax: 1,
  score: 1,
  severity: 'info',
  detector: 'test',
  explanation: 'Odd.',
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
