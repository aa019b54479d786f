import { ClientKafka, type ClientProxy, type MicroserviceOptions, Transport } from '@nestjs/microservices';
import { type ControlEvent, TOPICS } from '@tidewatch/contracts';
import { Partitioners } from 'kafkajs';
import { lastValueFrom } from 'rxjs';
import '../kafka/quiet-connections';
import type { MessagingOptions } from '../options';
import type { MessageLog } from '../port/log';
import { PostgresControlClient } from './postgres-control-client';
import { PostgresControlServer } from './postgres-control-server';

const CONTROL_MAX_WAIT_MS = 500;
const CONTROL_PRODUCER = {
  allowAutoTopicCreation: false,
  createPartitioner: Partitioners.DefaultPartitioner,
};

/** What of Nest's `ClientProxy` the clients of all drivers have with the same types. */
export type ControlClient = Pick<ClientProxy, 'emit' | 'close'>;

/**
 * For `app.connectMicroservice`: `@EventPattern(TOPICS.control)` handlers then get every `ControlEvent`, on every instance.
 * Pass the process's `log`, which must outlive the application's microservices; without it the embedded driver opens its own.
 */
export function controlTransport(options: MessagingOptions, log?: MessageLog): MicroserviceOptions {
  if (options.driver === 'postgres') return { strategy: new PostgresControlServer(options, log) };
  return {
    transport: Transport.KAFKA,
    options: {
      client: { brokers: options.brokers, clientId: `${options.clientId}-control` },
      // A group of its own, so that each instance sees all. Nothing is committed, so the group leaves nothing behind.
      consumer: {
        groupId: `control-${options.instanceId}`,
        allowAutoTopicCreation: false,
        // A fetch that waits holds up the end of the process: kafkajs' default is 5 s.
        maxWaitTimeInMs: CONTROL_MAX_WAIT_MS,
      },
      run: { autoCommit: false },
      // Events are few and only say that something is to be looked up again. With `false` those would be missed that arrive between
      // joining the group and the first fetch, and while a broker is away.
      subscribe: { fromBeginning: true },
      producer: CONTROL_PRODUCER,
    },
  };
}

/** A client for `publishControl`. Close it with its `close()`. */
export function createControlClient(options: MessagingOptions, log?: MessageLog): ControlClient {
  if (options.driver === 'postgres') return new PostgresControlClient(options, log);
  return new ClientKafka({
    client: { brokers: options.brokers, clientId: `${options.clientId}-control` },
    producerOnlyMode: true,
    producer: CONTROL_PRODUCER,
  });
}

/** Tells every instance of every service. Resolves when the log has the event. */
export async function publishControl(client: ControlClient, event: ControlEvent): Promise<void> {
  // With a key: kafkajs may lose or repeat records that have neither key nor partition when it retries.
  await lastValueFrom(client.emit(TOPICS.control, { key: event.kind, value: event }), {
    defaultValue: undefined,
  });
}
