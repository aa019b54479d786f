import type { Anomaly, SeriesRef, WindowAggregate } from '@tidewatch/contracts';
import { type AnomalyVerdicts, compareAnomalies, type PublishedAnomaly } from './compare-anomalies';
import { compareGroups, type GroupVerdicts, type ObservedGroups } from './compare-groups';
import { compareWindows, type WindowOptions, type WindowVerdicts } from './compare-windows';
import type { Ledger } from './ledger-file';
import { acknowledgedReadings, seriesName, type Truth } from './truth';

export interface ObservedReading {
  readonly series: SeriesRef;
  readonly timeUs: number;
  readonly value: number;
}

/** What the platform holds after the drain. */
export interface Observed extends ObservedGroups {
  /** Rows of the database that belong to series of the ledger. */
  readonly rows: readonly ObservedReading[];
  /** Every reading on `readings.v1`, repeats included. */
  readonly logged: readonly ObservedReading[];
  /** Every record of a window of a series on `aggregates.v1`, repeats included. */
  readonly windows: readonly WindowAggregate[];
  /** Every record of `anomalies.v1`, repeats included. */
  readonly anomalies: readonly PublishedAnomaly[];
  /** Rows of the database. */
  readonly storedAnomalies: readonly Anomaly[];
  /** Dead letters of the whole platform: the ledger sends nothing that could become one. */
  readonly deadLetters: number;
}

export interface Verdicts extends AnomalyVerdicts, WindowVerdicts, GroupVerdicts {
  acknowledged: number;
  lost: number;
  duplicated: number;
  phantom: number;
  lostOnLog: number;
  phantomOnLog: number;
  deadLettered: number;
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
  'groupWindowsMissing',
  'groupWindowsWrong',
  'groupWindowsUnexpected',
  'groupWindowsInconsistent',
  'groupWindowsNotShown',
  'groupWindowsShownWrong',
  'anomaliesInconsistent',
  'anomaliesNotStored',
  'anomaliesStoredWrong',
  'anomaliesPhantom',
] as const satisfies readonly (keyof Verdicts)[];

export interface VerifierOptions extends WindowOptions {
  readonly groupTags: readonly string[];
}

/** Compares ledger and platform. Pure. Requests with an unknown end are no excuse: a run retries until it knows. */
export function verify(ledger: Ledger, observed: Observed, options: VerifierOptions): Verdicts {
  const truth = acknowledgedReadings(ledger);
  return {
    ...compareRows(truth, observed.rows),
    ...compareLog(ledger, truth, observed.logged),
    deadLettered: observed.deadLetters,
    ...compareWindows(truth, observed.windows, options),
    ...compareGroups({ ledger, truth, tags: options.groupTags }, observed, options),
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
