import { Client } from 'pg';
import { Backoff, delay } from '../delivery/backoff';
import { describeError, type MessagingLogger } from '../logger';

/** Channels: the payload is the topic that has new records, or `consumer/topic` of a group whose members changed. */
export const RECORDS_CHANNEL = 'tidewatch_log_records';
export const GROUPS_CHANNEL = 'tidewatch_log_groups';

type Channel = typeof RECORDS_CHANNEL | typeof GROUPS_CHANNEL;

/**
 * The process's one LISTEN connection, kept up in the background. Notifications may be lost (while it reconnects, or when
 * a sender dies after its commit), so everybody who is woken here also polls. After a reconnect all are woken.
 */
export class Listener {
  private readonly wakers = new Map<string, Set<() => void>>();
  private readonly stopped = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly connectionString: string,
    private readonly applicationName: string,
    private readonly logger: MessagingLogger,
  ) {}

  /** Calls `wake` for each notification with that payload, until the returned function is called. */
  on(channel: Channel, payload: string, wake: () => void): () => void {
    this.running ??= this.run();
    const key = `${channel}:${payload}`;
    const wakers = this.wakers.get(key) ?? new Set();
    this.wakers.set(key, wakers.add(wake));
    return () => {
      wakers.delete(wake);
      if (wakers.size === 0 && this.wakers.get(key) === wakers) this.wakers.delete(key);
    };
  }

  async close(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const backoff = new Backoff();
    const { signal } = this.stopped;
    while (!signal.aborted) {
      try {
        await this.listenUntilLost(() => backoff.reset());
      } catch (error) {
        this.logger.warn(`listening for notifications failed, polling meanwhile: ${describeError(error)}`);
      }
      await delay(backoff.nextDelayMs(), signal);
    }
  }

  private async listenUntilLost(onListening: () => void): Promise<void> {
    const { signal } = this.stopped;
    const client = new Client({
      connectionString: this.connectionString,
      application_name: this.applicationName,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    let end!: () => void;
    const ended = new Promise<void>((resolve) => (end = resolve));
    client.on('error', end);
    client.on('end', end);
    signal.addEventListener('abort', end, { once: true });
    client.on('notification', ({ channel, payload }) => this.wake(`${channel}:${payload ?? ''}`));
    try {
      await client.connect();
      await client.query(`LISTEN ${RECORDS_CHANNEL}; LISTEN ${GROUPS_CHANNEL}`);
      onListening();
      for (const key of this.wakers.keys()) this.wake(key);
      await ended;
    } finally {
      signal.removeEventListener('abort', end);
      await client.end().catch(() => undefined);
    }
  }

  private wake(key: string): void {
    for (const wake of this.wakers.get(key) ?? []) wake();
  }
}
