import type { SeriesRef } from '@tidewatch/contracts';
import { canonicalSeriesKey, type SeriesKey } from '@tidewatch/readings';

const NONE = -1;

/**
 * Numbers series with slots 0 … capacity − 1, so that everything else about a series is an element of a typed array.
 * A full table gives the slot of the series which was touched least recently, and is not pinned, to the new one.
 */
export class SeriesTable {
  readonly #slots = new Map<string, number>();
  readonly #keys: (SeriesKey | undefined)[] = [];
  /** Doubly linked list by recency: `#newest` … `#oldest`. */
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  readonly #pins: Uint16Array;
  #newest = NONE;
  #oldest = NONE;

  /** `onEvict` is told the slot before it belongs to another series. */
  constructor(
    readonly capacity: number,
    private readonly onEvict: (slot: number) => void,
  ) {
    this.#older = new Int32Array(capacity).fill(NONE);
    this.#newer = new Int32Array(capacity).fill(NONE);
    this.#pins = new Uint16Array(capacity);
  }

  /** Slots 0 … size − 1 have been given out. */
  get size(): number {
    return this.#keys.length;
  }

  find(key: SeriesKey): number | undefined {
    return this.#slots.get(canonicalSeriesKey(key));
  }

  /** The slot of a series, made if need be, and now the most recent. Undefined when every slot is pinned. */
  touch(key: SeriesKey): number | undefined {
    const known = this.find(key);
    if (known !== undefined) {
      if (known !== this.#newest) {
        this.#unlink(known);
        this.#linkNewest(known);
      }
      return known;
    }
    return this.#add(key);
  }

  /** A pinned slot keeps its series; pins are counted. */
  pin(slot: number): void {
    this.#pins[slot]!++;
  }

  unpin(slot: number): void {
    if (this.#pins[slot]! > 0) this.#pins[slot]!--;
  }

  isPinned(slot: number): boolean {
    return this.#pins[slot] !== 0;
  }

  ref(slot: number): SeriesRef {
    const key = this.#keys[slot]!;
    return { device: key.device, metric: key.metric, tags: Object.fromEntries(key.tags) };
  }

  /** Slots from the least recently touched one on. */
  *fromOldest(): Generator<number> {
    for (let slot = this.#oldest; slot !== NONE; slot = this.#newer[slot]!) yield slot;
  }

  #add(key: SeriesKey): number | undefined {
    const slot = this.#keys.length < this.capacity ? this.#keys.length : this.#evict();
    if (slot === undefined) return undefined;
    this.#keys[slot] = key;
    this.#slots.set(canonicalSeriesKey(key), slot);
    this.#linkNewest(slot);
    return slot;
  }

  #evict(): number | undefined {
    for (const slot of this.fromOldest()) {
      if (this.isPinned(slot)) continue;
      this.onEvict(slot);
      this.#slots.delete(canonicalSeriesKey(this.#keys[slot]!));
      this.#unlink(slot);
      return slot;
    }
    return undefined;
  }

  #unlink(slot: number): void {
    const older = this.#older[slot]!;
    const newer = this.#newer[slot]!;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
  }

  #linkNewest(slot: number): void {
    this.#older[slot] = this.#newest;
    this.#newer[slot] = NONE;
    if (this.#newest === NONE) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
  }
}
