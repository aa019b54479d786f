/** A map that forgets its oldest entry when full. An entry set again keeps its first value and its place. */
export class BoundedMap<V> {
  readonly #entries = new Map<string, V>();

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
    this.#entries.set(key, value);
    if (this.#entries.size > this.capacity) {
      const [oldest] = this.#entries;
      this.#entries.delete(oldest![0]);
      this.onForget(oldest![1]);
    }
    return true;
  }

  values(): V[] {
    return [...this.#entries.values()];
  }
}
