import {
  encodedSeriesLength,
  partitionOfDevice,
  type SeriesKey,
  seriesKey,
  type Tag,
} from '@tidewatch/readings';

/** Bytes that an entry takes beside its names, roughly: objects, strings' heads, places in the maps. */
const ENTRY_OVERHEAD_BYTES = 400;

/** What ingestion knows of a series: worked out once, and not again for each of its readings. */
export class CatalogSeries {
  constructor(
    readonly key: SeriesKey,
    readonly partition: number,
    /** Bytes of the series in the dictionary of a block. */
    readonly encodedLength: number,
    private lastReceiptUs: number,
  ) {}

  /** The latest time that was given out, or before which none is to be given out. */
  get latestReceiptUs(): number {
    return this.lastReceiptUs;
  }

  /**
   * Time of a reading that came without one: that of its receipt, or a microsecond after the one before, because two
   * readings of a series at the same time would be the same reading.
   */
  receiptTimeUs(receivedUs: number): number {
    this.lastReceiptUs = Math.max(receivedUs, this.lastReceiptUs + 1);
    return this.lastReceiptUs;
  }
}

interface CatalogDevice {
  readonly partition: number;
  readonly untagged: Map<string, CatalogSeries>;
  /** By metric and tags as they were sent; each order of tags leads to the same series. */
  readonly tagged: Map<string, CatalogSeries>;
}

/**
 * Series which were seen to be valid, by their parts. A hit saves the check of the names, the hash of the device and a new
 * key, and it makes equal series one object. Bounded in bytes: a full catalog is emptied and fills again.
 */
export class SeriesCatalog {
  private readonly devices = new Map<string, CatalogDevice>();
  private bytes = 0;
  /** A series that was forgotten must not be given a time of receipt a second time. */
  private receiptFloorUs = 0;

  constructor(
    private readonly partitions: number,
    private readonly maxBytes = 48 * 1024 * 1024,
  ) {}

  find(device: string, metric: string): CatalogSeries | undefined {
    return this.devices.get(device)?.untagged.get(metric);
  }

  /** `tags` may be anything: what is not an object of strings is not found. */
  findTagged(device: string, metric: string, tags: unknown): CatalogSeries | undefined {
    const known = this.devices.get(device);
    if (known === undefined || !isRecord(tags)) return undefined;
    if (Object.keys(tags).length === 0) return known.untagged.get(metric);
    const signature = signatureOf(metric, tags);
    return signature === undefined ? undefined : known.tagged.get(signature);
  }

  /** Enters a series whose names are known to be valid. */
  add(device: string, metric: string, tags: Readonly<Record<string, string>> = {}): CatalogSeries {
    if (this.bytes > this.maxBytes) this.clear();
    const pairs = Object.entries(tags);
    const entry = this.deviceEntry(device);
    return pairs.length === 0
      ? this.enter(entry.untagged, metric, () => this.newSeries(device, metric, []))
      : this.addTagged(entry, { device, metric, tags: pairs });
  }

  private addTagged(entry: CatalogDevice, given: SeriesKey): CatalogSeries {
    const ordered = seriesKey(given.device, given.metric, given.tags);
    const canonical = signatureOf(given.metric, Object.fromEntries(ordered.tags))!;
    const series = this.enter(entry.tagged, canonical, () =>
      this.newSeries(given.device, given.metric, given.tags),
    );
    const asSent = signatureOf(given.metric, Object.fromEntries(given.tags))!;
    return this.enter(entry.tagged, asSent, () => series);
  }

  private deviceEntry(device: string): CatalogDevice {
    let entry = this.devices.get(device);
    if (entry === undefined) {
      const partition = partitionOfDevice(device, this.partitions);
      entry = { partition, untagged: new Map(), tagged: new Map() };
      this.devices.set(device, entry);
      this.bytes += ENTRY_OVERHEAD_BYTES + 2 * device.length;
    }
    return entry;
  }

  private enter(map: Map<string, CatalogSeries>, name: string, create: () => CatalogSeries): CatalogSeries {
    let series = map.get(name);
    if (series === undefined) {
      series = create();
      map.set(name, series);
      this.bytes += ENTRY_OVERHEAD_BYTES + 2 * (name.length + series.encodedLength);
    }
    return series;
  }

  private newSeries(device: string, metric: string, tags: readonly Tag[]): CatalogSeries {
    const key = seriesKey(device, metric, tags);
    const partition = partitionOfDevice(device, this.partitions);
    return new CatalogSeries(key, partition, encodedSeriesLength(key), this.receiptFloorUs);
  }

  private clear(): void {
    for (const { untagged, tagged } of this.devices.values()) {
      for (const map of [untagged, tagged]) {
        for (const { latestReceiptUs } of map.values()) {
          if (latestReceiptUs > this.receiptFloorUs) this.receiptFloorUs = latestReceiptUs;
        }
      }
    }
    this.devices.clear();
    this.bytes = 0;
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One string for a metric and tags in the order in which they come; undefined when a tag is not a string. */
function signatureOf(metric: string, tags: Readonly<Record<string, unknown>>): string | undefined {
  let signature = `${metric.length}:${metric}`;
  for (const name in tags) {
    const value = tags[name];
    if (typeof value !== 'string') return undefined;
    signature += `${name.length}:${name}${value.length}:${value}`;
  }
  return signature;
}
