/** A map that forgets its oldest entry when full. Adding an entry again changes nothing. */
export class BoundedMap<V> {
  readonly #entries = new Map<string, V>();
  /** Keys by arrival, as a ring. (Asked for its first key, a `Map` walks over all that were deleted before it: 20 µs an entry.) */
  readonly #keys: string[] = [];
  #next = 0;

  constructor(
    private readonly capacity: number,
    private readonly onForget: (value: V) => void = () => undefined,
  ) {}

  get size(): number {
    return this.#entries.size;
  }

  /** False when the key is there already. */
  addNew(key: string, value: V): boolean {
    if (this.#entries.has(key)) return false;
    const oldest = this.#keys[this.#next];
    if (oldest !== undefined) this.#forget(oldest);
    this.#keys[this.#next] = key;
    this.#next = (this.#next + 1) % this.capacity;
    this.#entries.set(key, value);
    return true;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  /** Of a key that is there; it keeps its place. */
  replace(key: string, value: V): void {
    this.#entries.set(key, value);
  }

  values(): V[] {
    return [...this.#entries.values()];
  }

  #forget(key: string): void {
    const value = this.#entries.get(key)!;
    this.#entries.delete(key);
    this.onForget(value);
  }
}
