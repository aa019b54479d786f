import { describe, expect, test } from '@jest/globals';
import type { Anomaly, SeriesRef, WindowAggregate } from '@tidewatch/contracts';
import * as fc from 'fast-check';
import type { PublishedAnomaly } from './compare-anomalies';
import type { Ledger } from './ledger-file';
import { exactSum, naiveWindows, progressOf } from './naive-windows';
import { FAULTS, type Observed, verify } from './verifier';

const SERIES: SeriesRef[] = [
  { device: 'a', metric: 't', tags: {} },
  { device: 'b', metric: 't', tags: { y: '2', x: '1' } },
];
const SHORT = { sizeMs: 10_000, stepMs: 10_000 };
const OPTIONS = { windows: [SHORT], latenessMs: 30_000, groupTags: [] };
const SECOND = 1_000_000;
const LEDGER: Ledger = {
  series: SERIES,
  requests: [
    { outcome: 'acknowledged', readings: [[0, 1 * SECOND, 5], [0, 2 * SECOND, 7], [1, 3 * SECOND, 9]] }, // prettier-ignore
    { outcome: 'acknowledged', readings: [[0, 1 * SECOND, 6]] },
    { outcome: 'refused', readings: [[0, 4 * SECOND, 1]] },
    { outcome: 'acknowledged', readings: [[0, 100 * SECOND, 20], [1, 100 * SECOND, 20]] }, // prettier-ignore
  ],
};

function windowOf(series: number, values: number[]): WindowAggregate {
  const squares = values.map((value) => value * value);
  const sum = values.reduce((a, b) => a + b);
  const mean = sum / values.length;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return {
    id: `w${series}`,
    revision: 0,
    final: false,
    series: SERIES[series]!,
    sizeMs: 10_000,
    stepMs: 10_000,
    startMs: 0,
    count: values.length,
    min: Math.min(...values),
    max: Math.max(...values),
    sum,
    sumOfSquares: squares.reduce((a, b) => a + b),
    mean,
    // Of two values.
    stddev: (high - low) / 2,
    ...{ p50: low * 1.005, p90: low, p99: low },
    first: values[0]!,
    last: values.at(-1)!,
  };
}

const ANOMALY: PublishedAnomaly = {
  event: 'opened',
  ...{ id: 'x1', revision: 0, state: 'open', incidentId: 'i1', series: SERIES[0]! },
  ...{ began: '1970-01-01T00:00:01.000000Z', peakTime: '1970-01-01T00:00:02.000000Z', peakValue: 7 },
  ...{ ended: null, durationSeconds: 1, flaggedReadings: 2, expectedMin: 1, expectedMax: 2 },
  ...{ score: 0.9, ratio: 9, deviation: null, severity: 'warning', detector: 'test' },
  statistics: [{ name: 'jump', unit: 'sigma', strength: 3 }],
  ...{ related: [], explanation: 'too high', counterfactual: 'lower' },
};
const CLOSED: PublishedAnomaly = {
  ...{ ...ANOMALY, event: 'closed', revision: 1, state: 'closed', ended: '1970-01-01T00:00:03.000000Z' },
};
const REVISED: PublishedAnomaly = { ...CLOSED, event: 'revised', revision: 2, score: 0.8 };
const WITHDRAWN: PublishedAnomaly = { ...REVISED, event: 'withdrawn', revision: 3, state: 'withdrawn' };
/** As the database has it. */
const row = (told: PublishedAnomaly): Anomaly => ({ ...told, event: undefined }) as Anomaly;

const ROWS: Observed['rows'] = [
  { series: SERIES[0]!, timeUs: 1 * SECOND, value: 5 },
  { series: SERIES[0]!, timeUs: 2 * SECOND, value: 7 },
  { series: { ...SERIES[1]!, tags: { x: '1', y: '2' } }, timeUs: 3 * SECOND, value: 9 },
  { series: SERIES[0]!, timeUs: 100 * SECOND, value: 20 },
  { series: SERIES[1]!, timeUs: 100 * SECOND, value: 20 },
];
/** A request that was sent twice, and a reading with another value. */
const REPEATS: Observed['logged'] = [ROWS[0]!, { ...ROWS[0]!, value: 6 }];
const RIGHT: Observed = {
  rows: ROWS,
  logged: [...ROWS, ...REPEATS],
  windows: [windowOf(0, [5]), { ...windowOf(0, [5, 7]), revision: 1 }, windowOf(1, [9]), windowOf(1, [9])],
  groupParts: [],
  groupWindows: [],
  anomalies: [ANOMALY, CLOSED, ANOMALY, CLOSED],
  // In another order of fields, as a database may have them.
  storedAnomalies: [{ ...row(CLOSED), statistics: [{ strength: 3, unit: 'sigma', name: 'jump' }] }],
  deadLetters: 0,
};

function faultsOf(change: Partial<Observed>): Record<string, number> {
  const verdicts = verify(LEDGER, { ...RIGHT, ...change }, OPTIONS);
  return Object.fromEntries(
    FAULTS.filter((fault) => verdicts[fault] > 0).map((fault) => [fault, verdicts[fault]]),
  );
}

describe('the verifier', () => {
  test('finds nothing where all is right, repeats on the topics included', () => {
    expect(faultsOf({})).toEqual({});
    expect(verify(LEDGER, RIGHT, OPTIONS)).toMatchObject({
      acknowledged: 5,
      windowsExpected: 2,
      windowsRevised: 1,
      anomalies: 1,
      anomaliesClosed: 1,
    });
  });

  test('finds nothing where late readings have changed what was told', () => {
    const told = [ANOMALY, CLOSED, REVISED, WITHDRAWN];
    const back: PublishedAnomaly = { ...REVISED, revision: 4, state: 'open', ended: null };
    const again: PublishedAnomaly = { ...back, event: 'closed', revision: 5, state: 'closed' };
    for (let count = 3; count <= 6; count++) {
      const anomalies = [...told, back, again].slice(0, count);
      const change = { anomalies, storedAnomalies: [row(anomalies.at(-1)!)] };
      expect(faultsOf(change)).toEqual({});
      expect(verify(LEDGER, { ...RIGHT, ...change }, OPTIONS).anomaliesRevised).toBe(1);
    }
    expect(verify(LEDGER, RIGHT, OPTIONS).anomaliesRevised).toBe(0);
  });

  const PLANTED: [string, Partial<Observed>, Record<string, number>][] = [
    ['a lost row', { rows: RIGHT.rows.slice(1) }, { lost: 1 }],
    ['a duplicated row', { rows: [...RIGHT.rows, RIGHT.rows[1]!] }, { duplicated: 1 }],
    [
      'a row nobody sent',
      { rows: [...RIGHT.rows, { series: SERIES[0]!, timeUs: 77, value: 1 }] },
      { phantom: 1 },
    ],
    [
      'a row that was refused',
      { rows: [...RIGHT.rows, { series: SERIES[0]!, timeUs: 4 * SECOND, value: 1 }] },
      { phantom: 1 },
    ],
    [
      'the second of two values',
      { rows: [{ ...RIGHT.rows[0]!, value: 6 }, ...RIGHT.rows.slice(1)] },
      { phantom: 1 },
    ],
    [
      'a reading that never reached the log',
      { logged: RIGHT.logged.filter(({ timeUs }) => timeUs !== 2 * SECOND) },
      { lostOnLog: 1 },
    ],
    ['a reading whose value changed on the way', { logged: [...REPEATS, { ...ROWS[1]!, value: 8 }, ...ROWS.slice(2)] }, { lostOnLog: 1, phantomOnLog: 1 }], // prettier-ignore
    [
      'a refused reading on the log',
      { logged: [...RIGHT.logged, { series: SERIES[0]!, timeUs: 4 * SECOND, value: 1 }] },
      { phantomOnLog: 1 },
    ],
    ['a dead letter', { deadLetters: 1 }, { deadLettered: 1 }],
    ['a missing window', { windows: [windowOf(0, [5, 7])] }, { windowsMissing: 1 }],
    [
      'a percentile that is too far off',
      { windows: [{ ...windowOf(0, [5, 7]), p50: 5.06 }, windowOf(1, [9])] },
      { windowsWrong: 1 },
    ],
    [
      'a wrong deviation',
      { windows: [{ ...windowOf(0, [5, 7]), stddev: 1.00001 }, windowOf(1, [9])] },
      { windowsWrong: 1 },
    ],
    ['a revision that is missing', { windows: [windowOf(0, [5]), windowOf(1, [9])] }, { windowsWrong: 1 }],
    [
      'a gap between revisions',
      { windows: [windowOf(0, [5]), { ...windowOf(0, [5, 7]), revision: 2 }, windowOf(1, [9])] },
      { windowsInconsistent: 2 },
    ],
    [
      'a revision without a reading more',
      { windows: [windowOf(0, [5, 7]), { ...windowOf(0, [5, 7]), revision: 1 }, windowOf(1, [9])] },
      { windowsInconsistent: 1 },
    ],
    [
      'a revision of a final window',
      {
        windows: [{ ...windowOf(0, [5]), final: true }, { ...windowOf(0, [5, 7]), revision: 1 }, windowOf(1, [9])], // prettier-ignore
      },
      { windowsInconsistent: 1 },
    ],
    ['a wrong window', { windows: [windowOf(0, [5, 8]), windowOf(1, [9])] }, { windowsWrong: 1 }],
    [
      'a window counted twice',
      { windows: [...RIGHT.windows, { ...windowOf(1, [9]), id: 'other' }] },
      { windowsInconsistent: 1 },
    ],
    ['two contents of one id', { windows: [...RIGHT.windows, windowOf(1, [8])] }, { windowsInconsistent: 1 }],
    [
      'a window too many',
      { windows: [...RIGHT.windows, { ...windowOf(1, [9]), id: 'w', startMs: 100_000 }] },
      { windowsUnexpected: 1 },
    ],
    [
      'a window of a series that was never sent',
      {
        windows: [
          ...RIGHT.windows,
          { ...windowOf(1, [9]), id: 'w', series: { device: 'b', metric: 't', tags: {} } },
        ],
      },
      { windowsUnexpected: 1 },
    ],
    [
      'two anomalies that began with one reading',
      {
        anomalies: [ANOMALY, { ...ANOMALY, id: 'x2' }],
        storedAnomalies: [row(ANOMALY), row({ ...ANOMALY, id: 'x2' })],
      },
      { anomaliesInconsistent: 1 },
    ],
    [
      'an anomaly whose peak is no reading',
      { anomalies: [{ ...ANOMALY, peakValue: 8 }], storedAnomalies: [row({ ...ANOMALY, peakValue: 8 })] },
      { anomaliesPhantom: 1 },
    ],
    [
      'an anomaly that began with no reading',
      {
        anomalies: [{ ...ANOMALY, began: '1970-01-01T00:00:01.500000Z' }],
        storedAnomalies: [row({ ...ANOMALY, began: '1970-01-01T00:00:01.500000Z' })],
      },
      { anomaliesPhantom: 1 },
    ],
    [
      'an event with two contents',
      { anomalies: [...RIGHT.anomalies, { ...ANOMALY, score: 0.6 }] },
      { anomaliesInconsistent: 1 },
    ],
    ['an anomaly that was never opened', { anomalies: [CLOSED] }, { anomaliesInconsistent: 2 }],
    [
      'an anomaly that was closed at once',
      { anomalies: [{ ...CLOSED, revision: 0 }], storedAnomalies: [row({ ...CLOSED, revision: 0 })] },
      { anomaliesInconsistent: 1 },
    ],
    [
      'an anomaly that was closed twice',
      {
        anomalies: [ANOMALY, CLOSED, { ...CLOSED, revision: 2 }],
        storedAnomalies: [row({ ...CLOSED, revision: 2 })],
      },
      { anomaliesInconsistent: 1 },
    ],
    [
      'an anomaly that changed its incident',
      {
        anomalies: [ANOMALY, { ...CLOSED, incidentId: 'i2' }],
        storedAnomalies: [row({ ...CLOSED, incidentId: 'i2' })],
      },
      { anomaliesInconsistent: 1 },
    ],
    [
      'an anomaly that says less without being revised',
      {
        anomalies: [ANOMALY, { ...CLOSED, score: 0.8 }],
        storedAnomalies: [row({ ...CLOSED, score: 0.8 })],
      },
      { anomaliesInconsistent: 1 },
    ],
    [
      'an anomaly that was withdrawn twice',
      {
        anomalies: [ANOMALY, CLOSED, REVISED, WITHDRAWN, { ...WITHDRAWN, revision: 4 }],
        storedAnomalies: [row({ ...WITHDRAWN, revision: 4 })],
      },
      { anomaliesInconsistent: 1 },
    ],
    [
      'an anomaly that goes on after it was withdrawn',
      {
        anomalies: [ANOMALY, CLOSED, REVISED, WITHDRAWN, { ...CLOSED, revision: 4 }],
        storedAnomalies: [row({ ...CLOSED, revision: 4 })],
      },
      { anomaliesInconsistent: 1 },
    ],
    [
      'an anomaly stored twice',
      { storedAnomalies: [row(CLOSED), row(CLOSED)] },
      { anomaliesInconsistent: 1 },
    ],
    ['an anomaly not stored', { storedAnomalies: [] }, { anomaliesNotStored: 1 }],
    ['an anomaly stored as it was before', { storedAnomalies: [row(ANOMALY)] }, { anomaliesStoredWrong: 1 }],
    [
      'a stored anomaly nobody published',
      { storedAnomalies: [row(CLOSED), row({ ...CLOSED, id: 'x2' })] },
      { anomaliesPhantom: 1 },
    ],
  ];
  test.each(PLANTED)('counts %s', (_name, change, faults) => {
    expect(faultsOf(change)).toEqual(faults);
  });
});

describe('the second implementation of windows', () => {
  test('tells the final from those that may still change', () => {
    const readings = new Map([[1 * SECOND, 1], [20 * SECOND, 2], [40 * SECOND - 1, 3]]); // prettier-ignore
    const startsOf = () => {
      const { final, provisional } = naiveWindows(readings, SHORT, progressOf([readings], 30_000));
      return [final, provisional].map((windows) => windows.map(({ startMs }) => startMs));
    };
    expect(startsOf()).toEqual([[], [0, 20_000]]);
    readings.set(40 * SECOND, 4);
    expect(startsOf()).toEqual([[0], [20_000, 30_000]]);
  });

  test('sums are correctly rounded and do not depend on order', () => {
    expect(exactSum([1e100, 1, -1e100])).toBe(1);
    expect(exactSum([0.1, 0.2, 0.3])).toBe(0.6);
    expect(exactSum([5e-324, 5e-324])).toBe(1e-323);
    expect(exactSum([])).toBe(0);
    expect(exactSum([1e300, 1e300, -1e300])).toBe(1e300);
    const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }), {
      maxLength: 6,
    });
    fc.assert(fc.property(numbers, (values) => exactSum(values) === exactSum([...values].reverse())));
    fc.assert(fc.property(fc.integer(), fc.integer(), (a, b) => exactSum([a, b]) === a + b));
  });
});
