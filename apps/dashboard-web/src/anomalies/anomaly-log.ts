import type { Anomaly, FrameBody } from '@tidewatch/contracts';

const KEPT = 300;

export interface AnomalyLog {
  /** The one that began last first; each once, as its highest revision has it. */
  readonly anomalies: readonly Anomaly[];
  /** Anomalies that went by unseen since the page was opened. */
  readonly missed: number;
}

export const EMPTY_LOG: AnomalyLog = { anomalies: [], missed: 0 };

/** Adds what a frame brings. A snapshot does not take away: what history gave stays. */
export function addFrame(log: AnomalyLog, body: FrameBody): AnomalyLog {
  if (body.view !== 'anomalies') return log;
  return { anomalies: merged(log.anomalies, body.anomalies), missed: log.missed + body.dropped };
}

export function addStored(log: AnomalyLog, stored: readonly Anomaly[]): AnomalyLog {
  return { ...log, anomalies: merged(log.anomalies, stored) };
}

function merged(known: readonly Anomaly[], more: readonly Anomaly[]): Anomaly[] {
  const byId = new Map<string, Anomaly>();
  for (const anomaly of [...known, ...more]) {
    if (anomaly.revision >= (byId.get(anomaly.id)?.revision ?? 0)) byId.set(anomaly.id, anomaly);
  }
  // Times are RFC 3339 in UTC with a fixed number of digits, so text order is time order.
  return [...byId.values()]
    .sort((a, b) => (a.began < b.began ? 1 : a.began > b.began ? -1 : 0))
    .slice(0, KEPT);
}
