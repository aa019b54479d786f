import { Controller, type INestMicroservice, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { TOPICS } from '@tidewatch/contracts';
import { describeWithKafka, waitFor } from '@tidewatch/testing';
import type { MessageLogHarness } from '../contract/harness';
import { createKafkaHarness } from '../contract/kafka-harness';
import { createPostgresHarness } from '../contract/postgres-harness';
import { record } from '../contract/contract-bench';
import { createMessageLog, ensureTopics } from '../create-message-log';
import type { MessagingOptions } from '../options';
import { controlTransport, createControlClient, publishControl } from './control';

let seen: unknown[] = [];
let faults = 0;

@Controller()
class EventsController {
  @EventPattern(TOPICS.control)
  onEvent(@Payload() event: unknown): void {
    if (faults > 0) {
      faults -= 1;
      throw new TypeError('a defect');
    }
    // What is no JSON comes as a text on Kafka, and not at all on the embedded log.
    if (typeof event === 'object') seen.push(event);
  }
}

@Module({ controllers: [EventsController] })
class EventsModule {}

type ControlHarness = MessageLogHarness & {
  options(overrides: { instanceId: string; appendDeadlineMs?: number }): MessagingOptions;
};

function describeControl(makeHarness: () => Promise<ControlHarness>): void {
  let harness: ControlHarness;
  const services: INestMicroservice[] = [];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    harness = await makeHarness();
    await ensureTopics(harness.options({ instanceId: 'admin' }), { topics: [TOPICS.control], partitions: 2 });
  }, 120_000);
  beforeEach(() => {
    seen = [];
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

  test('a handler that fails gets the next event all the same', async () => {
    const client = createControlClient(harness.options({ instanceId: 'five' }));
    faults = 2;
    await publishControl(client, { kind: 'keys-changed', keyId: 'lost' });
    await waitFor('the failures', () => faults === 0);
    await publishControl(client, { kind: 'keys-changed', keyId: 'next' });
    const next = (): unknown[] => seen.filter((event) => JSON.stringify(event).includes('next'));
    await waitFor('the next event on both', () => next().length === 2);
    await client.close();
  });

  test('an event that the log does not take is an error for who published it', async () => {
    // kafkajs may start a consumer again that was closed after a crash; no service has one while the log is away.
    await Promise.all(services.splice(0).map((service) => service.close()));
    const client = createControlClient(harness.options({ instanceId: 'four', appendDeadlineMs: 500 }));
    const restore = await harness.interrupt();
    await expect(publishControl(client, { kind: 'settings-changed' })).rejects.toThrow();
    await restore();
    await client.close();
  }, 90_000);
}

describe('control events on the embedded log', () => describeControl(createPostgresHarness));
describeWithKafka('control events on Kafka', () => describeControl(createKafkaHarness));
