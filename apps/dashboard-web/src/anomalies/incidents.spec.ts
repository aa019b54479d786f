import { expect, test } from '@jest/globals';
import type { Anomaly } from '@tidewatch/contracts';
import { incidentsOf, othersText } from './incidents';

const anomaly = (id: string, incidentId: string, change: Partial<Anomaly> = {}): Anomaly => ({
  ...{ id, revision: 0, state: 'closed', incidentId, series: { device: 'd', metric: id, tags: {} } },
  ...{ began: '2026-01-01T00:00:00.000000Z', peakTime: '2026-01-01T00:00:00.000000Z', peakValue: 1 },
  ...{
    ended: null,
    durationSeconds: 0,
    flaggedReadings: 1,
    expectedMin: 0,
    expectedMax: 1,
    score: 0.5,
    ratio: 1,
  },
  ...{ deviation: 1, statistics: [], related: [], severity: 'info', detector: 'test' },
  ...{ explanation: 'Odd.', counterfactual: 'Less.' },
  ...change,
});

test('anomalies of an incident are one entry, the worst one first', () => {
  const list = [
    anomaly('a', 'i2'),
    anomaly('b', 'i1', { ratio: 2 }),
    anomaly('c', 'i1', { severity: 'critical' }),
    anomaly('d', 'i1', { ratio: 3, state: 'open' }),
  ];
  const told = incidentsOf(list).map(({ id, first, others }) => [
    id,
    [first, ...others].map((one) => one.id).join(''),
  ]);
  expect(told).toEqual([
    ['i2', 'a'],
    ['i1', 'cdb'],
  ]);
});

test('what was withdrawn stays to be seen, and stands for an incident only where nothing else is left of it', () => {
  const withdrawn = anomaly('a', 'i', { state: 'withdrawn', severity: 'critical' });
  const [first] = incidentsOf([withdrawn, anomaly('b', 'i')]);
  expect([first!.first.id, ...first!.others.map(({ id }) => id)]).toEqual(['b', 'a']);
  expect(incidentsOf([withdrawn])).toMatchObject([{ first: { id: 'a' }, others: [] }]);
});

test('the others of an incident are counted, those that were withdrawn apart', () => {
  const first = anomaly('a', 'i', { severity: 'critical', state: 'open' });
  const withdrawn = anomaly('w', 'i', { state: 'withdrawn' });
  const textOf = (...others: Anomaly[]) => othersText(incidentsOf([first, ...others])[0]!);
  expect(textOf(anomaly('b', 'i'))).toBe('1 more of d');
  expect(textOf(withdrawn)).toBe('1 withdrawn of d');
  expect(textOf(anomaly('b', 'i'), anomaly('c', 'i', { state: 'open' }), withdrawn)).toBe(
    'Going on: 2 more, 1 withdrawn of d',
  );
});
