import { ClientProxy, type ReadPacket } from '@nestjs/microservices';
import { createMessageLog } from '../create-message-log';
import type { PostgresLogOptions } from '../options';
import type { MessageLog } from '../port/log';

/** Data of an event as Nest's Kafka client takes it too. */
export interface KeyedEvent {
  readonly key: string;
  readonly value: unknown;
}

/** Emits events onto the embedded log: the pattern is the topic, the value is JSON. */
export class PostgresControlClient extends ClientProxy {
  private own: MessageLog | undefined;

  constructor(
    private readonly options: PostgresLogOptions,
    private readonly shared?: MessageLog,
  ) {
    super();
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.own?.close();
    this.own = undefined;
  }

  unwrap(): never {
    throw new Error('there is no client of a broker behind the embedded log');
  }

  protected publish(): () => void {
    throw new Error('the control topic has events only, nobody answers');
  }

  protected async dispatchEvent<T>({ pattern, data }: ReadPacket<KeyedEvent>): Promise<T> {
    const topic = this.normalizePattern(pattern as string);
    const value = Buffer.from(JSON.stringify(data.value), 'utf8');
    await this.log().append(topic, [{ partition: 0, key: data.key, value }]);
    return undefined as T;
  }

  private log(): MessageLog {
    return this.shared ?? (this.own ??= createMessageLog(this.options));
  }
}
