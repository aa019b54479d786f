import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createTestDatabase } from '@tidewatch/testing';
import { type MessageLogHarness, quietLogger } from './harness';
import { createMessageLog, ensureTopics } from '../create-message-log';
import type { PostgresLogOptions } from '../options';

/** A TCP proxy before PostgreSQL, so that the log can be away while the database is there for effects. */
export class DatabaseProxy {
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((inbound) => this.accept(inbound));
  private mode: 'open' | 'refuse' | 'frozen' = 'open';

  constructor(private readonly target: URL) {}

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const url = new URL(this.target.href);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** Cuts every connection, and each new one at once. */
  cut(): void {
    this.mode = 'refuse';
    for (const socket of this.sockets) socket.destroy();
  }

  /** Holds all bytes back, as a stopped process or a lost network would. */
  freeze(): void {
    this.mode = 'frozen';
    for (const socket of this.sockets) socket.pause();
  }

  restore(): void {
    this.mode = 'open';
    for (const socket of this.sockets) socket.resume();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(inbound: Socket): void {
    if (this.mode === 'refuse') {
      inbound.destroy();
      return;
    }
    const outbound = connect(Number(this.target.port), this.target.hostname);
    this.join(inbound, outbound);
    this.join(outbound, inbound);
    if (this.mode === 'frozen') inbound.pause();
  }

  private join(from: Socket, to: Socket): void {
    this.sockets.add(from);
    from.on('data', (chunk) => to.write(chunk));
    from.on('error', () => undefined);
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroy();
    });
  }
}

export interface PostgresHarness extends MessageLogHarness {
  readonly options: (overrides: Partial<PostgresLogOptions> & { instanceId: string }) => PostgresLogOptions;
  readonly url: string;
  ensure(topics: string[], partitions: number): Promise<void>;
}

/** A database of its own, behind a proxy, with short leases. */
export async function createPostgresHarness(): Promise<PostgresHarness> {
  const database = await createTestDatabase();
  const proxy = new DatabaseProxy(new URL(database.url));
  const connectionString = await proxy.start();
  const options: PostgresHarness['options'] = (overrides) => ({
    driver: 'postgres',
    pool: database.pool,
    connectionString,
    leaseMs: 2_000,
    pollMs: 200,
    logger: quietLogger,
    ...overrides,
  });
  let topics = 0;
  const ensure = async (names: string[], partitions: number): Promise<void> => {
    await ensureTopics(options({ instanceId: 'admin' }), { topics: names, partitions });
  };
  return {
    pool: database.pool,
    url: database.url,
    takeoverMs: 10_000,
    options,
    ensure,
    createLog: (overrides) => createMessageLog(options(overrides)),
    createTopic: async (partitions) => {
      topics += 1;
      const topic = `contract-${topics}.v1`;
      await ensure([topic], partitions);
      return topic;
    },
    interrupt: () => {
      proxy.cut();
      const restore = (): Promise<void> => {
        proxy.restore();
        return Promise.resolve();
      };
      return Promise.resolve(restore);
    },
    misleadBroker: () => Promise.resolve(),
    close: async () => {
      await proxy.stop();
      await database.drop();
    },
  };
}
