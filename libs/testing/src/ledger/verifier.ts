import type { Anomaly, SeriesRef, WindowAggregate } from '@tidewatch/contracts';
import { type AnomalyVerdicts, compareAnomalies, type PublishedAnomaly } from './compare-anomalies';
import type { Ledger } from './ledger-file';
import { naiveWindows, type WindowContent, type WindowKind } from './naive-windows';
import { lastRevisions } from './revisions';
import { acknowledgedReadings, seriesName, type Truth } from './truth';

export interface ObservedReading {
  readonly series: SeriesRef;
  readonly timeUs: number;
  readonly value: number;
}

/** What the platform holds after the drain. */
export interface Observed {
  /** Rows of the database that belong to series of the ledger. */
  readonly rows: readonly ObservedReading[];
  /** Every reading on `readings.v1`, repeats included. */
  readonly logged: readonly ObservedReading[];
  /** Every record of `aggregates.v1`, repeats included. */
  readonly windows: readonly WindowAggregate[];
  /** Every record of `anomalies.v1`, repeats included. */
  readonly anomalies: readonly PublishedAnomaly[];
  /** Rows of the database. */
  readonly storedAnomalies: readonly Anomaly[];
  /** Dead letters of the whole platform: the ledger sends nothing that could become one. */
  readonly deadLetters: number;
}

export interface Verdicts extends AnomalyVerdicts {
  acknowledged: number;
  lost: number;
  duplicated: number;
  phantom: number;
  lostOnLog: number;
  phantomOnLog: number;
  deadLettered: number;
  windowsExpected: number;
  windowsMissing: number;
  windowsWrong: number;
  windowsUnexpected: number;
  windowsInconsistent: number;
  windowsRevised: number;
}

/** Counts that must be zero. */
export const FAULTS = [
  'lost',
  'duplicated',
  'phantom',
  'lostOnLog',
  'phantomOnLog',
  'deadLettered',
  'windowsMissing',
  'windowsWrong',
  'windowsUnexpected',
  'windowsInconsistent',
  'anomaliesInconsistent',
  'anomaliesNotStored',
  'anomaliesStoredWrong',
  'anomaliesPhantom',
] as const satisfies readonly (keyof Verdicts)[];

export interface VerifierOptions {
  readonly windows: readonly WindowKind[];
  readonly latenessMs: number;
}

/** Compares ledger and platform. Pure. Requests with an unknown end are no excuse: a run retries until it knows. */
export function verify(ledger: Ledger, observed: Observed, options: VerifierOptions): Verdicts {
  const truth = acknowledgedReadings(ledger);
  return {
    ...compareRows(truth, observed.rows),
    ...compareLog(ledger, truth, observed.logged),
    deadLettered: observed.deadLetters,
    ...compareWindows(truth, observed.windows, options),
    ...compareAnomalies(truth, observed.anomalies, observed.storedAnomalies),
  };
}

function compareRows(
  truth: Truth,
  rows: Observed['rows'],
): Pick<Verdicts, 'acknowledged' | 'lost' | 'duplicated' | 'phantom'> {
  const seen = new Map<string, number>();
  let duplicated = 0;
  let phantom = 0;
  for (const { series, timeUs, value } of rows) {
    const name = seriesName(series);
    const identity = `${name}@${timeUs}`;
    if (truth.get(name)?.get(timeUs) !== value) phantom += 1;
    if (seen.has(identity)) duplicated += 1;
    seen.set(identity, value);
  }
  let acknowledged = 0;
  let lost = 0;
  for (const [name, times] of truth) {
    acknowledged += times.size;
    for (const timeUs of times.keys()) if (!seen.has(`${name}@${timeUs}`)) lost += 1;
  }
  return { acknowledged, lost, duplicated, phantom };
}

/** The log may hold a reading as often as it was sent, but nothing else. */
function compareLog(
  ledger: Ledger,
  truth: Truth,
  logged: Observed['logged'],
): Pick<Verdicts, 'lostOnLog' | 'phantomOnLog'> {
  const contentOf = (name: string, timeUs: number, value: number) => `${name}@${timeUs}=${value}`;
  const onLog = new Set(
    logged.map(({ series, timeUs, value }) => contentOf(seriesName(series), timeUs, value)),
  );
  let lostOnLog = 0;
  for (const [name, times] of truth)
    for (const [timeUs, value] of times) if (!onLog.has(contentOf(name, timeUs, value))) lostOnLog += 1;
  const names = ledger.series.map(seriesName);
  for (const { readings, outcome } of ledger.requests) {
    // Nothing of a refused request may be there.
    if (outcome === 'refused') continue;
    for (const [series, timeUs, value] of readings) onLog.delete(contentOf(names[series]!, timeUs, value));
  }
  return { lostOnLog, phantomOnLog: onLog.size };
}

/** Of the fields which the platform estimates; all others are exact. */
const RELATIVE_ERRORS: Partial<Record<keyof WindowContent, number>> = {
  stddev: 1e-6,
  p50: 0.01,
  p90: 0.01,
  p99: 0.01,
};

type WindowCounts = Pick<
  Verdicts,
  | 'windowsExpected'
  | 'windowsMissing'
  | 'windowsWrong'
  | 'windowsUnexpected'
  | 'windowsInconsistent'
  | 'windowsRevised'
>;

function compareWindows(truth: Truth, windows: Observed['windows'], options: VerifierOptions): WindowCounts {
  const { last: found, inconsistent, revised } = lastRevisions(windows, mayFollow);
  const counts: WindowCounts = {
    windowsExpected: 0,
    windowsMissing: 0,
    windowsWrong: 0,
    windowsUnexpected: 0,
    windowsInconsistent: inconsistent,
    windowsRevised: revised,
  };
  const places = new Map(
    [...found.values()].map((window) => [placeOf(seriesName(window.series), window), window]),
  );
  // Two ids for one window are as bad as two contents for one id.
  counts.windowsInconsistent += found.size - places.size;
  for (const [name, times] of truth) {
    for (const kind of options.windows) {
      const { final, provisional } = naiveWindows(times, kind, options.latenessMs);
      for (const expected of final) {
        counts.windowsExpected += 1;
        const place = placeOf(name, expected);
        const actual = places.get(place);
        places.delete(place);
        if (actual === undefined) counts.windowsMissing += 1;
        else if (!sameContent(expected, actual)) counts.windowsWrong += 1;
      }
      for (const expected of provisional) {
        const place = placeOf(name, expected);
        // Its last readings may come into a revision that is not due yet.
        if ((places.get(place)?.count ?? Infinity) <= expected.count) places.delete(place);
      }
    }
  }
  counts.windowsUnexpected = places.size;
  return counts;
}

function placeOf(name: string, window: WindowContent): string {
  return `${name}/${window.sizeMs}/${window.stepMs}/${window.startMs}`;
}

function sameContent(expected: WindowContent, actual: WindowAggregate): boolean {
  return (Object.keys(expected) as (keyof WindowContent)[]).every((field) => {
    const tolerance = Math.abs(expected[field]) * (RELATIVE_ERRORS[field] ?? 0);
    return Math.abs(expected[field] - actual[field]) <= tolerance;
  });
}

/** A revision is of the same window, has more readings, and comes after none that was final. */
function mayFollow(before: WindowAggregate | undefined, revision: WindowAggregate): boolean {
  if (before === undefined) return true;
  const sameWindow = (['sizeMs', 'stepMs', 'startMs'] as const).every(
    (field) => before[field] === revision[field],
  );
  return sameWindow && !before.final && revision.count > before.count;
}
