import { expect, test } from '@jest/globals';
import type { Anomaly } from '@tidewatch/contracts';
import { formatTimeUs } from '@tidewatch/readings';
import { ANOMALY_EXAMPLE } from '../openapi/examples';
import { Comparison, type ComparisonOptions } from './comparison';

const SECOND_US = 1_000_000;
const UNTIL_US = 1_000 * SECOND_US;

/** By its begin and end in seconds; it goes on where it has no end. */
function episode(began: number, ended?: number, more: Partial<Anomaly> = {}): Anomaly {
  return {
    ...(ANOMALY_EXAMPLE as Anomaly),
    ...{ id: `from-${began}`, incidentId: `incident-${began}`, began: formatTimeUs(began * SECOND_US) },
    state: ended === undefined ? 'open' : 'closed',
    ended: ended === undefined ? null : formatTimeUs(ended * SECOND_US),
    ...more,
  };
}

const against = (options: Partial<ComparisonOptions> = {}) =>
  new Comparison({
    ...{ fromUs: 100 * SECOND_US, isSame: false, stored: [], accepted: { tried: 0.5, inForce: 1 } },
    ...options,
  });
const raised = (lines: ReturnType<Comparison['settle']>) =>
  lines.map(({ raisedBy, episode: { id } }) => `${id}: ${raisedBy.join(' ')}`);

test('what overlaps on the same series is one episode; what only one side raises is new, or gone', () => {
  const comparison = against({ stored: [episode(205, 210), episode(500, 520)] });
  comparison.tell('inForce', episode(199));
  comparison.tell('tried', episode(200));
  comparison.tell('tried', episode(200, 206));
  comparison.tell('tried', episode(300, 310));
  comparison.tell('inForce', episode(199, 200));
  comparison.tell('inForce', episode(311, 320));
  const other = { series: { ...ANOMALY_EXAMPLE.series, metric: 'pressure' }, id: 'other' };
  comparison.tell('inForce', episode(300, 310, other));
  expect(raised(comparison.settle())).toEqual([
    'from-200: tried inForce stored',
    'from-300: tried',
    'from-311: inForce',
    'other: inForce',
  ]);
  expect(comparison.settle()).toEqual([]);
  expect(raised(comparison.finish(UNTIL_US))).toEqual(['from-500: stored']);
  expect(comparison.summary(UNTIL_US)).toMatchObject({
    tried: { episodes: 2, incidents: 2, secondsInAlarm: 16 },
    inForce: { episodes: 3, incidents: 3 },
    comparedWithInForce: { kept: 1, new: 1, gone: 2 },
    comparedWithStored: { kept: 1, new: 1, gone: 1 },
  });
  expect(comparison.count).toBe(5);
});

test('what ended before the range counts for nothing, what goes on at its end is told then', () => {
  const comparison = against();
  comparison.tell('tried', episode(40));
  comparison.tell('tried', episode(40, 99));
  comparison.tell('inForce', episode(50, 100));
  comparison.tell('tried', episode(900));
  expect(raised(comparison.settle())).toEqual(['from-50: inForce']);
  expect(raised(comparison.finish(UNTIL_US))).toEqual(['from-900: tried']);
  expect(comparison.summary(UNTIL_US)).toMatchObject({
    tried: { episodes: 1, secondsInAlarm: 100, shareInAlarm: 100 / 900 },
    comparedWithInForce: { kept: 0, new: 1, gone: 1 },
  });
});

test('one that is withdrawn was never there', () => {
  const comparison = against();
  comparison.tell('tried', episode(200));
  comparison.tell('tried', episode(200, undefined, { state: 'withdrawn' }));
  expect([...comparison.settle(), ...comparison.finish(UNTIL_US)]).toEqual([]);
});

test('settings in force that are those which are tried raise the same', () => {
  const comparison = against({ isSame: true });
  comparison.tell('tried', episode(200, 260, { severity: 'warning' }));
  expect(raised(comparison.settle())).toEqual(['from-200: tried inForce']);
  const { tried, inForce } = comparison.summary(UNTIL_US);
  expect(inForce).toEqual({ ...tried, acceptedPerWeek: 1 });
  expect(tried).toEqual({
    ...{ episodes: 1, bySeverity: { info: 0, warning: 1, critical: 0 }, incidents: 1 },
    ...{ alarmsPerWeek: 604_800 / 900, acceptedPerWeek: 0.5, secondsInAlarm: 60, shareInAlarm: 60 / 900 },
  });
});

test('time in alarm counts once, however many are, and within the range only', () => {
  const comparison = against({ isSame: true });
  comparison.tell('tried', episode(90, 120));
  comparison.tell('tried', episode(110, 130));
  comparison.tell('tried', episode(112, 115));
  comparison.tell('tried', episode(990));
  comparison.settle();
  comparison.finish(UNTIL_US);
  expect(comparison.summary(UNTIL_US).tried.secondsInAlarm).toBe(40);
  expect(comparison.summary(100 * SECOND_US).tried).toMatchObject({ alarmsPerWeek: 0, shareInAlarm: 0 });
});

test('too many that are stored are not compared', () => {
  const comparison = against({ stored: undefined });
  comparison.tell('tried', episode(200, 210));
  expect(raised(comparison.settle())).toEqual(['from-200: tried']);
  expect(comparison.summary(UNTIL_US).comparedWithStored).toBeNull();
});
