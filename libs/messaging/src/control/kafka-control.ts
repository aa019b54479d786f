import { ClientKafka, ServerKafka } from '@nestjs/microservices';
import { type Consumer, type KafkaConfig, logLevel, Partitioners } from 'kafkajs';
import { connectionSecurity } from '../kafka/connection-security';
import { exitProcess } from '../kafka/exit-process';
import { logTo } from '../kafka/kafka-client';
import { refusal } from '../kafka/refusal';
import { defaultLogger } from '../logger';
import type { KafkaLogOptions } from '../options';

const MAX_WAIT_MS = 500;
const PRODUCER = { allowAutoTopicCreation: false, createPartitioner: Partitioners.DefaultPartitioner };

function connection(options: KafkaLogOptions): KafkaConfig {
  return {
    brokers: options.brokers,
    clientId: `${options.clientId}-control`,
    ...connectionSecurity(options.security),
    logLevel: logLevel.WARN,
    logCreator: logTo(options.logger ?? defaultLogger()),
  };
}

/** Nest's Kafka server for `@EventPattern` handlers, in a group of its own: every instance sees each event. */
export class KafkaControlServer extends ServerKafka {
  private isClosing = false;

  constructor(private readonly logOptions: KafkaLogOptions) {
    super({
      client: connection(logOptions),
      // Nothing is committed, so the group leaves nothing behind.
      consumer: {
        groupId: `control-${logOptions.instanceId}`,
        allowAutoTopicCreation: false,
        // A fetch that waits holds up the end of the process: kafkajs' default is 5 s.
        maxWaitTimeInMs: MAX_WAIT_MS,
      },
      run: { autoCommit: false },
      // Events are few and only say that something is to be looked up again. With `false` those would be missed that arrive between
      // joining the group and the first fetch, and while a broker is away.
      subscribe: { fromBeginning: true },
      producer: PRODUCER,
    });
  }

  override listen(callback: (error?: unknown) => void): Promise<void> {
    return super.listen((error) => {
      callback(
        error === undefined ? undefined : refusal(error, connectionSecurity(this.logOptions.security)),
      );
    });
  }

  override async bindEvents(consumer: Consumer): Promise<void> {
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart && !this.isClosing) this.end(payload.error);
    });
    await super.bindEvents(consumer);
  }

  override close(): Promise<void> {
    this.isClosing = true;
    return super.close();
  }

  /** Without control events a revoked key would be known late, and nobody would see why. */
  private end(error: Error): void {
    const { onFatal, logger = defaultLogger() } = this.logOptions;
    if (onFatal) onFatal(error);
    else exitProcess(error, logger, []);
  }
}

export function createKafkaControlClient(options: KafkaLogOptions): ClientKafka {
  return new ClientKafka({ client: connection(options), producerOnlyMode: true, producer: PRODUCER });
}
