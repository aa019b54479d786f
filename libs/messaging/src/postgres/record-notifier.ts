import type { Pool } from 'pg';
import { delay } from '../delivery/backoff';
import { RECORDS_CHANNEL } from './listener';

const PACE_MS = 5;

/**
 * Tells readers about new records, after the commit and not in it: committing notifications takes a lock of the whole
 * database, which would make all writers wait for each other's disk. One that gets lost is made good by polling.
 */
export class RecordNotifier {
  private topics = new Set<string>();
  private running: Promise<void> | undefined;

  constructor(private readonly pool: Pool) {}

  notify(topics: Iterable<string>): void {
    for (const topic of topics) this.topics.add(topic);
    this.running ??= this.run();
  }

  async flush(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.topics.size > 0) {
      const topics = [...this.topics];
      this.topics = new Set();
      await this.pool
        .query({
          name: 'tidewatch-notify',
          text: `SELECT pg_notify('${RECORDS_CHANNEL}', topic) FROM unnest($1::text[]) AS topic`,
          values: [topics],
        })
        .catch(() => undefined);
      await delay(PACE_MS);
    }
    this.running = undefined;
  }
}
