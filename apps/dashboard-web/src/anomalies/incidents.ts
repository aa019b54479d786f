import type { Anomaly, Severity } from '@tidewatch/contracts';

/** Anomalies of one device that belong together. */
export interface Incident {
  readonly id: string;
  /** The worst one: it stands for all. */
  readonly first: Anomaly;
  /** The others, the worst first. */
  readonly others: readonly Anomaly[];
  readonly isOpen: boolean;
}

const RANKS: Record<Severity, number> = { info: 0, warning: 1, critical: 2 };

/** In the order of the anomaly of each that comes first in the list. Withdrawn ones are left out. */
export function incidentsOf(anomalies: readonly Anomaly[]): Incident[] {
  const byIncident = new Map<string, Anomaly[]>();
  for (const anomaly of anomalies) {
    if (anomaly.state === 'withdrawn') continue;
    const members = byIncident.get(anomaly.incidentId);
    if (members === undefined) byIncident.set(anomaly.incidentId, [anomaly]);
    else members.push(anomaly);
  }
  return [...byIncident].map(([id, members]) => {
    const [first, ...others] = [...members].sort(
      (a, b) => RANKS[b.severity] - RANKS[a.severity] || b.ratio - a.ratio,
    );
    return { id, first: first!, others, isOpen: members.some(({ state }) => state === 'open') };
  });
}
