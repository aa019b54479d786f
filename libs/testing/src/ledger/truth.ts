import type { SeriesRef } from '@tidewatch/contracts';
import type { Ledger, LedgerSeries } from './ledger-file';

/** What was acknowledged, by the name of the series: time (µs) to value. */
export type Truth = ReadonlyMap<string, ReadonlyMap<number, number>>;

export function seriesName(series: SeriesRef | LedgerSeries): string {
  const tags = Object.entries(series.tags).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([series.device, series.metric, tags]);
}

/** Per series, time to value. The first value sent for an identity stands: a device sends its requests one after another. */
export function acknowledgedReadings(ledger: Ledger): Truth {
  const names = ledger.series.map(seriesName);
  const truth = new Map(names.map((name) => [name, new Map<number, number>()]));
  for (const { outcome, readings } of ledger.requests) {
    if (outcome !== 'acknowledged') continue;
    for (const [series, timeUs, value] of readings) {
      const times = truth.get(names[series]!)!;
      if (!times.has(timeUs)) times.set(timeUs, value);
    }
  }
  return truth;
}
