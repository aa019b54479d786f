import type { Anomaly, LatestValue, Points, SeriesRef, WindowAggregate } from '@tidewatch/contracts';
import { type ReadingBatch, type SeriesKey, seriesKey } from '@tidewatch/readings';
import { BoundedMap } from './bounded-map';
import { GroupState } from './group-state';
import { PointBuffer } from './point-buffer';
import { SeriesTable } from './series-table';

export interface LiveStateLimits {
  /** Series with a latest value. */
  series: number;
  /** Bytes of recent points of all series together. */
  pointBytes: number;
  /** Points of one series: at least this many of the newest are kept while memory allows. */
  pointsPerSeries: number;
  windows: number;
  windowsPerSeries: number;
  anomalies: number;
}

export const DEFAULT_LIMITS: LiveStateLimits = {
  series: 50_000,
  pointBytes: 32 * 1024 * 1024,
  pointsPerSeries: 1_024,
  windows: 20_000,
  windowsPerSeries: 60,
  anomalies: 500,
};

/** A chart that looks at one series. Called once for each reading of it, in the order of the log. */
export interface SeriesWatcher {
  onReading(timeUs: number, value: number): void;
  onWindow(window: WindowAggregate): void;
  onReceived(receivedAtMs: number): void;
}

/** Told of each anomaly that is new or has changed. */
export interface AnomalyWatcher {
  onAnomaly(anomaly: Anomaly, receivedAtMs: number): void;
}

/** A series may take the points' memory of another one that has been silent for so long. */
const IDLE_MS = 60_000;
/** Neighbours in the order of recency that are looked at in the search for memory. */
const RECLAIM_STEPS = 16;

/**
 * What the dashboard knows: the latest value of each series by event time, its recent points and windows, recent anomalies.
 * Everything comes from the log's tail and is gone with the process. The path of a reading allocates nothing but (amortised) columns.
 */
export class LiveState {
  /** Rises with each block that changed a latest value. */
  version = 0;
  /** When ingestion took the readings of the newest block, milliseconds since the epoch; 0 while replaying old ones. */
  receivedAtMs = 0;
  readonly groups = new GroupState();
  readonly #table: SeriesTable;
  readonly #latestUs: Float64Array;
  readonly #latestValue: Float64Array;
  readonly #changedAt: Float64Array;
  readonly #touchedMs: Float64Array;
  readonly #watched: Uint8Array;
  readonly #points: (PointBuffer | undefined)[] = [];
  readonly #windowsOf: (WindowAggregate[] | undefined)[] = [];
  readonly #windows: BoundedMap<WindowAggregate>;
  readonly #anomalies: BoundedMap<Anomaly>;
  readonly #watchers = new Map<number, Set<SeriesWatcher>>();
  readonly #anomalyWatchers = new Set<AnomalyWatcher>();
  #pointBytes = 0;
  #slotOf = new Int32Array(256);
  readonly #mayGrow = (bytes: number): boolean => {
    if (this.#pointBytes + bytes > this.limits.pointBytes) return false;
    this.#pointBytes += bytes;
    return true;
  };

  constructor(private readonly limits: LiveStateLimits = DEFAULT_LIMITS) {
    this.#table = new SeriesTable(limits.series, (slot) => this.#clear(slot));
    this.#latestUs = new Float64Array(limits.series).fill(-Infinity);
    this.#latestValue = new Float64Array(limits.series);
    this.#changedAt = new Float64Array(limits.series);
    this.#touchedMs = new Float64Array(limits.series);
    this.#watched = new Uint8Array(limits.series);
    this.#windows = new BoundedMap(limits.windows, (window) => this.#forgetWindow(window));
    this.#anomalies = new BoundedMap(limits.anomalies);
  }

  get seriesCount(): number {
    return this.#table.size;
  }

  get pointBytes(): number {
    return this.#pointBytes;
  }

  /** Takes a block of the log. `appendedAtMs` is the log's time, `receivedAtMs` ingestion's (0: not to be measured). */
  applyReadings(batch: ReadingBatch, appendedAtMs: number, receivedAtMs = 0): void {
    this.#placeSeries(batch.series, appendedAtMs);
    this.receivedAtMs = receivedAtMs;
    const version = ++this.version;
    const { seriesIndex, timeUs, value } = batch;
    for (let i = 0; i < seriesIndex.length; i++) {
      const slot = this.#slotOf[seriesIndex[i]!]!;
      if (slot < 0) continue;
      const time = timeUs[i]!;
      if (time > this.#latestUs[slot]!) {
        this.#latestUs[slot] = time;
        this.#latestValue[slot] = value[i]!;
        this.#changedAt[slot] = version;
      }
      const isNew = this.#points[slot]?.add(time, value[i]!, this.#mayGrow) ?? true;
      if (isNew && this.#watched[slot] === 1) this.#notify(slot, time, value[i]!);
    }
  }

  /** Each window counts once, by its id; a higher revision takes the place of a lower one. */
  applyWindow(window: WindowAggregate): void {
    const slot = this.#table.touch(toKey(window.series));
    if (slot === undefined) return;
    const windows = (this.#windowsOf[slot] ??= []);
    const known = this.#windows.get(window.id);
    if (known === undefined) {
      this.#windows.addNew(window.id, window);
      windows.push(window);
      if (windows.length > this.limits.windowsPerSeries) windows.shift();
    } else {
      if (known.revision >= window.revision) return;
      this.#windows.replace(window.id, window);
      const at = windows.indexOf(known);
      if (at >= 0) windows[at] = window;
    }
    for (const watcher of this.#watchers.get(slot) ?? []) watcher.onWindow(window);
  }

  /** Each anomaly counts once, by its id; a higher revision takes the place of a lower one. */
  applyAnomaly(anomaly: Anomaly, receivedAtMs = 0): void {
    if (!this.#anomalies.addNew(anomaly.id, anomaly)) {
      if (this.#anomalies.get(anomaly.id)!.revision >= anomaly.revision) return;
      this.#anomalies.replace(anomaly.id, anomaly);
    }
    for (const watcher of this.#anomalyWatchers) watcher.onAnomaly(anomaly, receivedAtMs);
  }

  /** Those that began last, ascending by their beginning. */
  recentAnomalies(count: number): Anomaly[] {
    // Times are RFC 3339 in UTC with a fixed number of digits: text order is time order.
    const byTime = this.#anomalies
      .values()
      .sort((a, b) => (a.began < b.began ? -1 : a.began > b.began ? 1 : 0));
    return byTime.slice(-count);
  }

  watchAnomalies(watcher: AnomalyWatcher): () => void {
    this.#anomalyWatchers.add(watcher);
    return () => this.#anomalyWatchers.delete(watcher);
  }

  /**
   * Watches a series, known or not, until the returned function is called. Undefined when there is no room for it.
   * A watched series keeps its place in memory.
   */
  watchSeries(series: SeriesRef, watcher: SeriesWatcher): (() => void) | undefined {
    const slot = this.#table.touch(toKey(series));
    if (slot === undefined) return undefined;
    this.#table.pin(slot);
    this.#watched[slot] = 1;
    this.#ensurePoints(slot, true);
    const watchers = this.#watchers.get(slot) ?? new Set();
    this.#watchers.set(slot, watchers.add(watcher));
    return () => {
      if (!watchers.delete(watcher)) return;
      this.#table.unpin(slot);
      if (watchers.size > 0) return;
      this.#watchers.delete(slot);
      this.#watched[slot] = 0;
    };
  }

  recentPoints(series: SeriesRef): Points {
    const slot = this.#table.find(toKey(series));
    return (slot === undefined ? undefined : this.#points[slot])?.toPoints() ?? { timeMs: [], value: [] };
  }

  recentWindows(series: SeriesRef): WindowAggregate[] {
    const slot = this.#table.find(toKey(series));
    const windows = slot === undefined ? undefined : this.#windowsOf[slot];
    return [...(windows ?? [])].sort((a, b) => a.startMs - b.startMs);
  }

  /** True when the slot's latest value changed after `version`. */
  changedAfter(slot: number, version: number): boolean {
    return this.#changedAt[slot]! > version;
  }

  latest(slot: number): LatestValue {
    return {
      series: this.#table.ref(slot),
      timeMs: this.#latestUs[slot]! / 1000,
      value: this.#latestValue[slot]!,
    };
  }

  /** Fills `#slotOf` for a block's dictionary of series; −1 where there is no room. */
  #placeSeries(series: readonly SeriesKey[], appendedAtMs: number): void {
    if (this.#slotOf.length < series.length) this.#slotOf = new Int32Array(series.length * 2);
    for (let i = 0; i < series.length; i++) {
      const slot = this.#table.touch(series[i]!) ?? -1;
      this.#slotOf[i] = slot;
      if (slot < 0) continue;
      this.#touchedMs[slot] = appendedAtMs;
      if (this.#points[slot] === undefined) this.#ensurePoints(slot, false);
    }
  }

  #notify(slot: number, timeUs: number, value: number): void {
    for (const watcher of this.#watchers.get(slot)!) {
      watcher.onReading(timeUs, value);
      if (this.receivedAtMs > 0) watcher.onReceived(this.receivedAtMs);
    }
  }

  #ensurePoints(slot: number, wanted: boolean): void {
    if (this.#points[slot] !== undefined) return;
    if (!this.#mayGrow(PointBuffer.initialBytes)) {
      if (!this.#reclaim(this.#touchedMs[slot]! - IDLE_MS, wanted)) return;
      if (!this.#mayGrow(PointBuffer.initialBytes)) return;
    }
    this.#points[slot] = new PointBuffer(this.limits.pointsPerSeries * 2);
  }

  /** Takes the points of the least recent series: only of an idle one, unless somebody waits for them. */
  #reclaim(idleBeforeMs: number, wanted: boolean): boolean {
    let steps = wanted ? Infinity : RECLAIM_STEPS;
    for (const slot of this.#table.fromOldest()) {
      if (steps-- <= 0) return false;
      if (this.#points[slot] === undefined || this.#watched[slot] === 1) continue;
      if (!wanted && this.#touchedMs[slot]! > idleBeforeMs) return false;
      this.#dropPoints(slot);
      return true;
    }
    return false;
  }

  #dropPoints(slot: number): void {
    this.#pointBytes -= this.#points[slot]?.bytes ?? 0;
    this.#points[slot] = undefined;
  }

  #forgetWindow(window: WindowAggregate): void {
    const slot = this.#table.find(toKey(window.series));
    const windows = slot === undefined ? undefined : this.#windowsOf[slot];
    if (windows?.[0] === window) windows.shift();
  }

  #clear(slot: number): void {
    const points = this.#points[slot];
    // With more series than slots, slots change hands all the time: a small buffer goes to the next owner.
    if (points?.bytes === PointBuffer.initialBytes) points.clear();
    else this.#dropPoints(slot);
    this.#windowsOf[slot] = undefined;
    this.#latestUs[slot] = -Infinity;
    this.#changedAt[slot] = 0;
  }
}

function toKey(series: SeriesRef): SeriesKey {
  return seriesKey(series.device, series.metric, Object.entries(series.tags));
}
