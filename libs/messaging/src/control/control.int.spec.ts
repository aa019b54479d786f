import { Controller, type INestMicroservice, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TOPICS } from '@tidewatch/contracts';
import { waitFor } from '@tidewatch/testing';
import { createPostgresHarness, type PostgresHarness } from '../contract/postgres-harness';
import { record } from '../contract/contract-bench';
import { createMessageLog } from '../create-message-log';
import { controlTransport, createControlClient, publishControl } from './control';

const seen: unknown[] = [];

@Controller()
class EventsController {
  @EventPattern(TOPICS.control)
  onEvent(@Payload() event: unknown): void {
    seen.push(event);
  }
}

@Module({ controllers: [EventsController] })
class EventsModule {}

let harness: PostgresHarness;
const services: INestMicroservice[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  harness = await createPostgresHarness();
  await harness.ensure([TOPICS.control], 2);
});

afterAll(async () => {
  await Promise.all(services.map((service) => service.close()));
  await harness.close();
});

test('every instance gets an event, also after a malformed one', async () => {
  for (const instanceId of ['one', 'two']) {
    const transport = controlTransport(harness.options({ instanceId }));
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest types its options as a class, and means a literal
    const service = await NestFactory.createMicroservice<MicroserviceOptions>(EventsModule, transport);
    services.push(service);
    await service.listen();
  }
  const options = harness.options({ instanceId: 'three' });
  const log = createMessageLog(options);
  await log.append(TOPICS.control, [record(0, 'not JSON')]);
  await log.close();
  const client = createControlClient(options);
  await publishControl(client, { kind: 'keys-changed', keyId: 'abc' });
  await publishControl(client, { kind: 'settings-changed' });
  await waitFor('four events', () => seen.length >= 4);
  await client.close();
  const both = [{ kind: 'keys-changed', keyId: 'abc' }, { kind: 'settings-changed' }];
  expect(seen).toHaveLength(4);
  expect(seen).toEqual(expect.arrayContaining(both));
  expect(seen.filter((event) => JSON.stringify(event).includes('keys-changed'))).toHaveLength(2);
});

test('an event that the log does not take is an error for who published it', async () => {
  const client = createControlClient(harness.options({ instanceId: 'four', appendDeadlineMs: 500 }));
  const restore = await harness.interrupt();
  await expect(publishControl(client, { kind: 'settings-changed' })).rejects.toThrow();
  await restore();
  await client.close();
});
