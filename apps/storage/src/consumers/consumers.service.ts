import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type LogConsumer, MESSAGE_LOG, type MessageLog, type Subscription } from '@tidewatch/messaging';
import { Readiness, Shutdown } from '@tidewatch/service-kit';
import { SUBSCRIPTIONS } from './subscriptions';

/** Runs the consumers for as long as the service runs. */
@Injectable()
export class ConsumersService implements OnApplicationBootstrap {
  private readonly consumers: readonly LogConsumer[];

  constructor(
    @Inject(MESSAGE_LOG) log: MessageLog,
    @Inject(SUBSCRIPTIONS) subscriptions: readonly Subscription[],
    readiness: Readiness,
    shutdown: Shutdown,
  ) {
    this.consumers = subscriptions.map((subscription) => {
      const consumer = log.consume(subscription);
      readiness.add(`consumer ${subscription.consumer}`, () => requireHealthy(consumer));
      shutdown.add('stop-taking', subscription.consumer, () => consumer.stop());
      return consumer;
    });
    readiness.add('message-log', () => log.ping());
    shutdown.add('close', 'message log', () => log.close());
  }

  async onApplicationBootstrap(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.start()));
  }
}

function requireHealthy(consumer: LogConsumer): Promise<void> {
  const { status, detail } = consumer.health();
  return status === 'up' ? Promise.resolve() : Promise.reject(new Error(detail));
}
