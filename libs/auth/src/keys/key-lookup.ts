import type { KeyRecord } from './api-keys';

const BATCH_SIZE = 500;

type Find = (ids: readonly string[]) => Promise<Map<string, KeyRecord>>;

interface Waiting {
  readonly resolve: (record: KeyRecord | null) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Looks keys up with at most one query at a time: ids that come meanwhile wait for the next one together.
 * So a flood of invented keys costs the database one small query after the other and not one for each request.
 */
export class KeyLookup {
  private waiting = new Map<string, Waiting[]>();
  private running = false;

  constructor(private readonly find: Find) {}

  /** Resolves to null for an unknown key; rejects when the database does. */
  get(id: string): Promise<KeyRecord | null> {
    return new Promise((resolve, reject) => {
      const others = this.waiting.get(id);
      if (others) others.push({ resolve, reject });
      else this.waiting.set(id, [{ resolve, reject }]);
      if (!this.running) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.waiting.size > 0) {
      const batch = [...this.waiting].slice(0, BATCH_SIZE);
      for (const [id] of batch) this.waiting.delete(id);
      await this.answer(batch);
    }
    this.running = false;
  }

  private async answer(batch: [string, Waiting[]][]): Promise<void> {
    try {
      const records = await this.find(batch.map(([id]) => id));
      for (const [id, all] of batch) for (const one of all) one.resolve(records.get(id) ?? null);
    } catch (error) {
      for (const [, all] of batch) for (const one of all) one.reject(error);
    }
  }
}
