import type { Anomaly, PreviewTotals, Severity } from '@tidewatch/contracts';
import { parseTime } from '@tidewatch/readings';

const WEEK_US = 604_800_000_000;

/** What one way to watch makes of a range: episodes as they are in the end. */
export class Totals {
  private episodes = 0;
  private readonly bySeverity: Record<Severity, number> = { info: 0, warning: 0, critical: 0 };
  private readonly incidents = new Set<string>();
  private readonly spans: [fromUs: number, untilUs: number][] = [];

  add({ severity, incidentId, began, ended }: Anomaly): void {
    this.episodes += 1;
    this.bySeverity[severity] += 1;
    this.incidents.add(incidentId);
    this.spans.push([parseTime(began), ended === null ? Infinity : parseTime(ended)]);
  }

  /** Over `[fromUs, untilUs)`. */
  over(fromUs: number, untilUs: number): Omit<PreviewTotals, 'acceptedPerWeek'> {
    const rangeUs = Math.max(0, untilUs - fromUs);
    const inAlarmUs = this.coveredUs(fromUs, untilUs);
    const share = (part: number): number => (rangeUs > 0 ? part / rangeUs : 0);
    return {
      episodes: this.episodes,
      bySeverity: { ...this.bySeverity },
      incidents: this.incidents.size,
      alarmsPerWeek: share(this.episodes * WEEK_US),
      secondsInAlarm: inAlarmUs / 1e6,
      shareInAlarm: share(inAlarmUs),
    };
  }

  /** Length of the union of all spans, within the range. */
  private coveredUs(fromUs: number, untilUs: number): number {
    let covered = 0;
    let doneUs = fromUs;
    for (const [began, ended] of [...this.spans].sort(([a], [b]) => a - b)) {
      const until = Math.min(ended, untilUs);
      covered += Math.max(0, until - Math.max(began, doneUs));
      doneUs = Math.max(doneUs, until);
    }
    return covered;
  }
}
