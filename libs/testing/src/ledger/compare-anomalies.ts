import type { Anomaly, AnomalyEvent } from '@tidewatch/contracts';
import { lastRevisions } from './revisions';
import { seriesName, type Truth } from './truth';

/** A record of the topic. */
export type PublishedAnomaly = Anomaly & { readonly event: AnomalyEvent };

export interface AnomalyVerdicts {
  /** Distinct ones that were published. */
  anomalies: number;
  anomaliesClosed: number;
  /** Revised or withdrawn at least once. */
  anomaliesRevised: number;
  anomaliesInconsistent: number;
  anomaliesNotStored: number;
  anomaliesStoredWrong: number;
  anomaliesPhantom: number;
}

/** `published` are the records of the topic, repeats included, `stored` the rows of the database. */
export function compareAnomalies(
  truth: Truth,
  published: readonly PublishedAnomaly[],
  stored: readonly Anomaly[],
): AnomalyVerdicts {
  const { last, inconsistent } = lastRevisions(published, mayFollow);
  const rows = new Map(stored.map((row) => [row.id, row]));
  const all = [...last.values()].map((one) => ({ ...one, event: undefined }));
  const revised = published.filter(({ event }) => event === 'revised' || event === 'withdrawn');
  const subjects = new Set(all.map((one) => `${one.detector}/${seriesName(one.series)}@${one.began}`));
  return {
    anomalies: last.size,
    anomaliesClosed: all.filter(({ state }) => state === 'closed').length,
    anomaliesRevised: new Set(revised.map(({ id }) => id)).size,
    // Two ids for one subject are as bad as two contents for one revision.
    anomaliesInconsistent: inconsistent + last.size - subjects.size + stored.length - rows.size,
    anomaliesNotStored: all.filter(({ id }) => !rows.has(id)).length,
    anomaliesStoredWrong: all.filter((one) => rows.has(one.id) && text(rows.get(one.id)) !== text(one))
      .length,
    anomaliesPhantom:
      all.filter((one) => !isFounded(truth, one)).length +
      [...rows.keys()].filter((id) => !last.has(id)).length,
  };
}

/**
 * Opened once, at revision 0; while it goes on it is updated, and closed; what does not change then stays. Only `revised` says something else of what was told
 * before, or follows the end; what was withdrawn is so once, unless it was revised since.
 */
function mayFollow(before: PublishedAnomaly | undefined, next: PublishedAnomaly): boolean {
  const { event, state } = next;
  if (before === undefined) return event === 'opened' && state === 'open';
  if (before.incidentId !== next.incidentId) return false;
  if (event === 'revised') return state !== 'withdrawn';
  if (event === 'withdrawn') return state === 'withdrawn' && before.state !== 'withdrawn';
  const rises = before.flaggedReadings <= next.flaggedReadings && before.score <= next.score;
  const expected = event === 'updated' ? 'open' : 'closed';
  return (
    event !== 'opened' &&
    state === expected &&
    before.state === 'open' &&
    before.began === next.began &&
    rises
  );
}

/** It began with a reading that was acknowledged, and its peak is one. */
function isFounded(truth: Truth, { series, began, peakTime, peakValue }: Anomaly): boolean {
  const readings = truth.get(seriesName(series));
  return readings?.has(microseconds(began)) === true && readings.get(microseconds(peakTime)) === peakValue;
}

/** Of a time such as `2026-01-31T14:02:10.000001Z`. */
function microseconds(time: string): number {
  return Date.parse(`${time.slice(0, 19)}Z`) * 1000 + Number(time.slice(20, 26));
}

/** JSON with the fields in one order, whatever that of the database is. */
function text(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
