import type { Anomaly, Severity } from '@tidewatch/contracts';

/** Anomalies of one device that belong together. */
export interface Incident {
  readonly id: string;
  /** The worst one that was not withdrawn, if there is one: it stands for all. */
  readonly first: Anomaly;
  /** The others, the worst first, withdrawn ones last. */
  readonly others: readonly Anomaly[];
}

const RANKS: Record<Severity, number> = { info: 0, warning: 1, critical: 2 };

/** In the order of the anomaly of each that comes first in the list. */
export function incidentsOf(anomalies: readonly Anomaly[]): Incident[] {
  const byIncident = new Map<string, Anomaly[]>();
  for (const anomaly of anomalies) {
    const members = byIncident.get(anomaly.incidentId);
    if (members === undefined) byIncident.set(anomaly.incidentId, [anomaly]);
    else members.push(anomaly);
  }
  return [...byIncident].map(([id, members]) => {
    const [first, ...others] = [...members].sort(
      (a, b) =>
        Number(isWithdrawn(a)) - Number(isWithdrawn(b)) ||
        RANKS[b.severity] - RANKS[a.severity] ||
        b.ratio - a.ratio,
    );
    return { id, first: first!, others };
  });
}

/** What there is beside the one that stands for the incident: "Going on: 2 more, 1 withdrawn of press-1". */
export function othersText({ first, others }: Incident): string {
  const withdrawn = others.filter(isWithdrawn).length;
  const counts = [
    [others.length - withdrawn, 'more'],
    [withdrawn, 'withdrawn'],
  ] as const;
  const told = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const isOpen = others.some(({ state }) => state === 'open');
  return `${isOpen ? 'Going on: ' : ''}${told.join(', ')} of ${first.series.device}`;
}

/** Readings that came late have shown that there was none. It stays to be seen, since somebody may have acted on it. */
export function isWithdrawn({ state }: Pick<Anomaly, 'state'>): boolean {
  return state === 'withdrawn';
}
