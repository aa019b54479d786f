import { BaseRpcContext, type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { createMessageLog } from '../create-message-log';
import type { PostgresLogOptions } from '../options';
import type { LogBatch, LogConsumer, MessageLog } from '../port/log';

/** Events of the last seconds come again at the start: what they say may have been missed while the process started. */
const SINCE_MS = 5_000;

/** Gives `@EventPattern` handlers the events of the embedded log: the pattern is the topic. Every instance sees each of them. */
export class PostgresControlServer extends Server implements CustomTransportStrategy {
  private own: MessageLog | undefined;
  private consumer: LogConsumer | undefined;

  constructor(
    private readonly options: PostgresLogOptions,
    private readonly shared?: MessageLog,
  ) {
    super();
  }

  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      const topics = [...this.messageHandlers.keys()];
      this.consumer = this.log().tail({
        name: 'control',
        topics,
        sinceMs: SINCE_MS,
        handle: (batch) => this.dispatch(batch),
      });
      await this.consumer.start();
      callback();
    } catch (error) {
      callback(error);
    }
  }

  async close(): Promise<void> {
    await this.consumer?.stop();
    await this.own?.close();
  }

  on(): never {
    throw new Error('the control server emits no events of its own');
  }

  unwrap(): never {
    throw new Error('there is no client of a broker behind the embedded log');
  }

  /** One by one, so that a malformed event takes no other with it. */
  private async dispatch({ topic, records }: LogBatch): Promise<void> {
    for (const { value } of records) {
      try {
        const data: unknown = JSON.parse(Buffer.from(value).toString('utf8'));
        await this.handleEvent(topic, { pattern: topic, data }, new BaseRpcContext([]));
      } catch (error) {
        this.logger.error(`an event on ${topic} was not handled`, error);
      }
    }
  }

  private log(): MessageLog {
    return this.shared ?? (this.own ??= createMessageLog(this.options));
  }
}
