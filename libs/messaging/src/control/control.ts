import type { ClientProxy, MicroserviceOptions } from '@nestjs/microservices';
import { type ControlEvent, TOPICS } from '@tidewatch/contracts';
import { lastValueFrom } from 'rxjs';
import type { MessagingOptions } from '../options';
import type { MessageLog } from '../port/log';
import { createKafkaControlClient, KafkaControlServer } from './kafka-control';
import { PostgresControlClient } from './postgres-control-client';
import { PostgresControlServer } from './postgres-control-server';

/** What of Nest's `ClientProxy` the clients of all drivers have with the same types. */
export type ControlClient = Pick<ClientProxy, 'emit' | 'close'>;

/**
 * For `app.connectMicroservice`: `@EventPattern(TOPICS.control)` handlers then get every `ControlEvent`, on every instance.
 * Pass the process's `log`, which must outlive the application's microservices; without it the embedded driver opens its own.
 */
export function controlTransport(options: MessagingOptions, log?: MessageLog): MicroserviceOptions {
  if (options.driver === 'postgres') return { strategy: new PostgresControlServer(options, log) };
  return { strategy: new KafkaControlServer(options) };
}

/** A client for `publishControl`. Close it with its `close()`. */
export function createControlClient(options: MessagingOptions, log?: MessageLog): ControlClient {
  if (options.driver === 'postgres') return new PostgresControlClient(options, log);
  return createKafkaControlClient(options);
}

/** Tells every instance of every service. Resolves when the log has the event. */
export async function publishControl(client: ControlClient, event: ControlEvent): Promise<void> {
  // With a key: kafkajs may lose or repeat records that have neither key nor partition when it retries.
  await lastValueFrom(client.emit(TOPICS.control, { key: event.kind, value: event }), {
    defaultValue: undefined,
  });
}
