import type { Anomaly, PreviewComparison, PreviewEpisode, RaisedBy } from '@tidewatch/contracts';
import { canonicalSeriesKey, parseTime, seriesKey } from '@tidewatch/readings';
import type { Way } from './replay';
import { Totals } from './totals';

interface Span {
  readonly beganUs: number;
  /** Infinity while it goes on. */
  readonly endedUs: number;
}

/** Episodes by series and id, as they were told last. */
class Episodes {
  private readonly ofSeries = new Map<string, Map<string, Span>>();

  tell(anomaly: Anomaly): void {
    const series = nameOf(anomaly);
    let episodes = this.ofSeries.get(series);
    if (!episodes) this.ofSeries.set(series, (episodes = new Map<string, Span>()));
    episodes.set(anomaly.id, spanOf(anomaly));
  }

  forget(anomaly: Anomaly): void {
    this.ofSeries.get(nameOf(anomaly))?.delete(anomaly.id);
  }

  /** Whether one of the same series overlaps it. */
  overlap(anomaly: Anomaly): boolean {
    const { beganUs, endedUs } = spanOf(anomaly);
    for (const other of this.ofSeries.get(nameOf(anomaly))?.values() ?? []) {
      if (other.beganUs <= endedUs && beganUs <= other.endedUs) return true;
    }
    return false;
  }
}

export interface ComparisonOptions {
  /** Only what has not ended before. */
  readonly fromUs: number;
  /** Whether the settings in force are those that are tried, so that nothing is told of them. */
  readonly isSame: boolean;
  /** False alarms a week that each way accepts. */
  readonly accepted: Readonly<Record<Way, number>>;
  /** Anomalies that are stored, where they are few enough to compare. */
  readonly stored: readonly Anomaly[] | undefined;
}

/**
 * Holds the episodes of two replays, which go on side by side, and the stored ones against each other. An episode is told when it has ended; what
 * overlaps it had begun by then.
 */
export class Comparison {
  private readonly episodes: Record<Way, Episodes>;
  private readonly stored = new Episodes();
  private readonly totals: Record<Way, Totals>;
  private readonly open: Record<Way, Map<string, Anomaly>> = { tried: new Map(), inForce: new Map() };
  private closed: [Way, Anomaly][] = [];
  private readonly withInForce = { kept: 0, new: 0, gone: 0 };
  private readonly withStored = { kept: 0, new: 0, gone: 0 };
  /** Episodes that were told so far. */
  count = 0;

  constructor(private readonly options: ComparisonOptions) {
    const [tried, totals] = [new Episodes(), new Totals()];
    this.episodes = { tried, inForce: options.isSame ? tried : new Episodes() };
    this.totals = { tried: totals, inForce: options.isSame ? totals : new Totals() };
    for (const anomaly of options.stored ?? []) this.stored.tell(anomaly);
  }

  /** What a replay says of an episode. */
  tell(way: Way, anomaly: Anomaly): void {
    this.open[way].delete(anomaly.id);
    if (anomaly.state === 'withdrawn' || spanOf(anomaly).endedUs < this.options.fromUs) {
      this.episodes[way].forget(anomaly);
      return;
    }
    this.episodes[way].tell(anomaly);
    if (anomaly.state === 'open') this.open[way].set(anomaly.id, anomaly);
    else this.closed.push([way, anomaly]);
  }

  /** Those that have ended since the last call. Both replays have come equally far. */
  settle(): PreviewEpisode[] {
    const { closed } = this;
    if (closed.length === 0) return [];
    this.closed = [];
    return closed.flatMap(([way, anomaly]) => this.conclude(way, anomaly));
  }

  /** After the last `settle`: those that go on, and those of the stored that nobody raises any more. */
  finish(untilUs: number): PreviewEpisode[] {
    const open = (['tried', 'inForce'] as const).flatMap((way) =>
      [...this.open[way].values()].flatMap((anomaly) => this.conclude(way, anomaly)),
    );
    const stored = this.options.stored ?? [];
    const gone = stored.filter(
      (anomaly) => parseTime(anomaly.began) < untilUs && !this.episodes.tried.overlap(anomaly),
    );
    this.withStored.gone = gone.length;
    const unknown = gone.filter((anomaly) => !this.episodes.inForce.overlap(anomaly));
    return [...open, ...unknown.map((anomaly) => this.line(['stored'], anomaly))];
  }

  summary(untilUs: number) {
    const { fromUs, stored, accepted } = this.options;
    return {
      tried: { ...this.totals.tried.over(fromUs, untilUs), acceptedPerWeek: accepted.tried },
      inForce: { ...this.totals.inForce.over(fromUs, untilUs), acceptedPerWeek: accepted.inForce },
      comparedWithInForce: { ...this.withInForce },
      comparedWithStored: stored === undefined ? null : { ...this.withStored },
    };
  }

  private conclude(way: Way, anomaly: Anomaly): PreviewEpisode[] {
    this.totals[way].add(anomaly);
    const isStored = this.stored.overlap(anomaly);
    if (way === 'tried') {
      const isInForce = this.episodes.inForce.overlap(anomaly);
      count(this.withInForce, isInForce);
      count(this.withStored, isStored);
      const others: RaisedBy[] = [
        ...(isInForce ? (['inForce'] as const) : []),
        ...(isStored ? (['stored'] as const) : []),
      ];
      return [this.line(['tried', ...others], anomaly)];
    }
    if (this.episodes.tried.overlap(anomaly)) return [];
    this.withInForce.gone += 1;
    return [this.line(isStored ? ['inForce', 'stored'] : ['inForce'], anomaly)];
  }

  private line(raisedBy: RaisedBy[], episode: Anomaly): PreviewEpisode {
    this.count += 1;
    return { type: 'episode', raisedBy, episode };
  }
}

function count(comparison: PreviewComparison, isKept: boolean): void {
  if (isKept) comparison.kept += 1;
  else comparison.new += 1;
}

function spanOf({ began, ended }: Anomaly): Span {
  return { beganUs: parseTime(began), endedUs: ended === null ? Infinity : parseTime(ended) };
}

function nameOf({ series: { device, metric, tags } }: Anomaly): string {
  return canonicalSeriesKey(seriesKey(device, metric, Object.entries(tags)));
}
