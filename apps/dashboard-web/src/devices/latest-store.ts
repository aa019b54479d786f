import type { FrameBody, LatestValue } from '@tidewatch/contracts';
import type { Metrics } from '../series/metrics';
import { metricLabel, seriesId } from '../series/series';

export interface LatestRow extends LatestValue {
  readonly id: string;
}

/** Latest values by series, as a store that React can subscribe to. Rows are sorted by device, then metric. */
export class LatestStore {
  readonly #rows = new Map<string, LatestRow>();
  #sorted: readonly LatestRow[] = [];
  #order: string[] = [];
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The same array until something changes. */
  readonly rows = (): readonly LatestRow[] => this.#sorted;

  apply(body: FrameBody, isSnapshot: boolean): void {
    if (body.view !== 'latest') return;
    if (isSnapshot) this.#rows.clear();
    const before = this.#rows.size;
    for (const latest of body.values) {
      const id = seriesId(latest.series);
      this.#rows.set(id, { ...latest, id });
    }
    if (isSnapshot || this.#rows.size !== before) this.#order = sortedIds([...this.#rows.values()]);
    this.#sorted = this.#order.map((id) => this.#rows.get(id)!);
    for (const listener of this.#listeners) listener();
  }
}

const collator = new Intl.Collator('en', { numeric: true });

function sortedIds(rows: LatestRow[]): string[] {
  const labelled = rows.map(({ id, series }) => ({ id, device: series.device, label: metricLabel(series) }));
  labelled.sort((a, b) => collator.compare(a.device, b.device) || collator.compare(a.label, b.label));
  return labelled.map(({ id }) => id);
}

export interface DeviceGroup {
  readonly device: string;
  readonly rows: readonly LatestRow[];
}

interface Filter {
  readonly text: string;
  readonly metrics: Metrics;
}

/** Rows whose device or metric, by either name, contains the text, grouped by device, at most `limit` rows; `total` counts all matches. */
export function groupByDevice(
  rows: readonly LatestRow[],
  { text, metrics }: Filter,
  limit: number,
): { groups: DeviceGroup[]; total: number } {
  const wanted = text.trim().toLowerCase();
  const matches = rows.filter(({ series }) => {
    if (wanted === '') return true;
    const displayName = metrics.get(series.metric)?.displayName ?? '';
    return `${series.device} ${metricLabel(series)} ${displayName}`.toLowerCase().includes(wanted);
  });
  const groups: { device: string; rows: LatestRow[] }[] = [];
  for (const row of matches.slice(0, limit)) {
    const last = groups.at(-1);
    if (last?.device === row.series.device) last.rows.push(row);
    else groups.push({ device: row.series.device, rows: [row] });
  }
  return { groups, total: matches.length };
}
