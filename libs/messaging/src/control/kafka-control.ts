import { ClientKafka, ServerKafka } from '@nestjs/microservices';
import { type KafkaConfig, logLevel, Partitioners } from 'kafkajs';
import { connectionSecurity } from '../kafka/connection-security';
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
}

export function createKafkaControlClient(options: KafkaLogOptions): ClientKafka {
  return new ClientKafka({ client: connection(options), producerOnlyMode: true, producer: PRODUCER });
}
