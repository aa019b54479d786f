import { describe, expect, test } from '@jest/globals';
import { addCounts, countEvents, eventFigures } from './event-score';
import { seriesForTests } from './labelled-series-for-tests';

const ROWS = 1000;
const WINDOWS = [
  { first: 300, last: 309 },
  { first: 600, last: 650 },
];
const series = seriesForTests('a/one.csv', ROWS, WINDOWS);

function alarms(...rows: number[]): Float64Array {
  const scores = new Float64Array(ROWS);
  for (const row of rows) scores[row] = 0.5;
  return scores;
}

const count = (...rows: number[]) => countEvents(series, alarms(...rows), 0.5);

describe('events', () => {
  test('alarms at most ten rows apart are one event', () => {
    expect(count(400, 410, 420).falseEvents).toBe(1);
    expect(count(400, 411).falseEvents).toBe(2);
  });

  test('an event up to twenty rows behind a window is true, one before it is false', () => {
    expect(count(329)).toMatchObject({ trueEvents: 1, falseEvents: 0, metWindows: 1 });
    expect(count(330)).toMatchObject({ trueEvents: 0, falseEvents: 1, metWindows: 0 });
    expect(count(299)).toMatchObject({ trueEvents: 0, falseEvents: 1, metWindows: 0 });
  });

  test('several events in one window are all true, and meet it once', () => {
    expect(count(600, 620, 640)).toMatchObject({ trueEvents: 3, metWindows: 1, windows: 2 });
  });

  test('alarms of the probation count for nothing, nor do windows that end there', () => {
    const early = seriesForTests('a/two.csv', ROWS, [{ first: 20, last: 60 }, ...WINDOWS]);
    expect(countEvents(early, alarms(30, 149), 0.5)).toMatchObject({
      trueEvents: 0,
      falseEvents: 0,
      windows: 2,
      rows: 850,
    });
  });

  test('rows in alarm outside windows are counted one by one', () => {
    expect(count(300, 400, 401, 402).falseAlarmRows).toBe(3);
  });
});

test('figures: precision of events, recall of windows, delays from the beginning of the window', () => {
  const figures = eventFigures(addCounts([count(305), count(200, 602, 700)]));
  expect(figures.precision).toBe(2 / 4);
  expect(figures.recall).toBe(2 / 4);
  expect(figures.f1).toBe(0.5);
  expect(figures.falseAlarmsPer10k).toBeCloseTo((2 / 1700) * 10_000);
  expect(figures.falseAlarmShare).toBeCloseTo(2 / 1700);
  expect(figures.medianDelayUs).toBe(2 * 300_000_000);
});

test('without any alarm precision is undefined and F1 is 0', () => {
  const figures = eventFigures(count());
  expect(figures.precision).toBeNaN();
  expect(figures.f1).toBe(0);
});
