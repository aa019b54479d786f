/** Series of a device belong together when they are out of range within this time of each other. */
export const TOGETHER_US = 60_000_000;

interface Incident {
  readonly fromUs: number;
  readonly rows: Set<number>;
  /** The latest end of its rows, or later where one has left since it was looked up. */
  endUs: number;
  isEndStale: boolean;
}

/**
 * The incidents that the series of one device (by row) are part of, each in one at most. To find the one that an alarm belongs to does not
 * take longer where many series are part of it.
 */
export class DeviceIncidents {
  /** The one that began last first. */
  private readonly incidents: Incident[] = [];
  private readonly byRow = new Map<number, Incident>();

  /** `end` tells when the part of a row ends: while it is in one incident, that never becomes earlier. */
  constructor(private readonly end: (row: number) => number) {}

  join(row: number, fromUs: number): void {
    this.leave(row);
    const incident = this.at(fromUs);
    incident.rows.add(row);
    this.byRow.set(row, incident);
    this.extend(row);
  }

  /** The end of a row's part has become later. */
  extend(row: number): void {
    const incident = this.byRow.get(row);
    if (incident) incident.endUs = Math.max(incident.endUs, this.end(row));
  }

  leave(row: number): void {
    const incident = this.byRow.get(row);
    if (incident === undefined) return;
    this.byRow.delete(row);
    incident.rows.delete(row);
    incident.isEndStale = true;
    if (incident.rows.size === 0) this.incidents.splice(this.incidents.indexOf(incident), 1);
  }

  /** The beginning of the newest incident that is near to a time, if any is. */
  near(timeUs: number): number | undefined {
    return this.incidents.find(
      (incident) =>
        incident.fromUs - TOGETHER_US <= timeUs &&
        timeUs <= incident.endUs + TOGETHER_US &&
        timeUs <= this.latestEnd(incident) + TOGETHER_US,
    )?.fromUs;
  }

  private latestEnd(incident: Incident): number {
    if (incident.isEndStale) {
      incident.isEndStale = false;
      incident.endUs = -Infinity;
      for (const row of incident.rows) incident.endUs = Math.max(incident.endUs, this.end(row));
    }
    return incident.endUs;
  }

  private at(fromUs: number): Incident {
    const index = this.incidents.findIndex((incident) => incident.fromUs <= fromUs);
    const known = this.incidents[index];
    if (known?.fromUs === fromUs) return known;
    const incident: Incident = { fromUs, rows: new Set(), endUs: -Infinity, isEndStale: false };
    this.incidents.splice(index < 0 ? this.incidents.length : index, 0, incident);
    return incident;
  }
}
