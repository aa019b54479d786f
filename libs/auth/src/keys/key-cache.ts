import type { KeyRecord } from './api-keys';
import { RecentMap } from './recent-map';

/** How long an answer of the database stands. A revocation is announced at once; this is for announcements that get lost. */
const FRESH_MS = 5_000;
/** From this age on an entry in use is refreshed in the background, so that requests do not wait for the database. */
const REFRESH_AFTER_MS = 2_500;
/** While the database is away, a key that was valid stays so: nobody can revoke it meanwhile either. */
const STALE_MS = 60 * 60_000;
/** A database that is slow to answer counts as away for requests with a key that was valid. */
const PATIENCE_MS = 250;
/** While the database is away, it is asked about a key this often. */
const RETRY_MS = 1_000;
const MAX_ENTRIES = 10_000;

interface Entry {
  readonly record: KeyRecord | null;
  readonly fetchedAtMs: number;
  /** Requests do not ask the database before. */
  trustedUntilMs: number;
}

/** What the database said of key ids, also "there is none". Bounded; what nobody asked for lately makes room, so a flood of invented keys drives out none in use. */
export class KeyCache {
  private readonly entries = new RecentMap<Entry>(MAX_ENTRIES);
  private readonly underWay = new Map<string, Promise<KeyRecord | null>>();

  constructor(
    private readonly lookUp: (id: string) => Promise<KeyRecord | null>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The record, null for an unknown id, or undefined when the database must be asked. Never waits. */
  peek(id: string): KeyRecord | null | undefined {
    const entry = this.entries.get(id);
    const now = this.now();
    if (entry === undefined || now >= entry.trustedUntilMs) return undefined;
    if (entry.record !== null && now - entry.fetchedAtMs >= REFRESH_AFTER_MS) {
      // Failing is no news here: it shows when the entry is not trusted any more.
      this.fetch(id).catch(() => undefined);
    }
    return entry.record;
  }

  /** Asks the database unless the answer is fresh. Rejects when the database does and the key was not known to be valid. */
  async get(id: string): Promise<KeyRecord | null> {
    const trusted = this.peek(id);
    if (trusted !== undefined) return trusted;
    const known = this.entries.get(id);
    const answer = this.fetch(id);
    if (known?.record == null || this.now() - known.fetchedAtMs >= STALE_MS) return answer;
    return within(PATIENCE_MS, answer, () => {
      known.trustedUntilMs = this.now() + RETRY_MS;
      return known.record;
    });
  }

  /** Forgets a key: the next request asks the database. */
  invalidate(id: string): void {
    this.entries.delete(id);
    // An answer that is under way may be from before the change: it is not kept, and nobody else waits for it.
    this.underWay.delete(id);
  }

  private fetch(id: string): Promise<KeyRecord | null> {
    const running = this.underWay.get(id);
    if (running) return running;
    const startedAtMs = this.now();
    const answer: Promise<KeyRecord | null> = this.lookUp(id).then(
      (record) => {
        if (this.underWay.get(id) === answer) this.remember(id, record, startedAtMs);
        return record;
      },
      (error: unknown) => {
        if (this.underWay.get(id) === answer) this.underWay.delete(id);
        throw error;
      },
    );
    this.underWay.set(id, answer);
    return answer;
  }

  private remember(id: string, record: KeyRecord | null, fetchedAtMs: number): void {
    this.underWay.delete(id);
    this.entries.set(id, { record, fetchedAtMs, trustedUntilMs: fetchedAtMs + FRESH_MS });
  }
}

/** The answer, or what `fallback` gives when it rejects or takes too long. */
async function within<T>(ms: number, answer: Promise<T>, fallback: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(fallback()), ms);
  });
  try {
    return await Promise.race([answer.catch(fallback), late]);
  } finally {
    clearTimeout(timer);
  }
}
