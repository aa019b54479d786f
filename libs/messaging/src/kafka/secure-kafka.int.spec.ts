import { readFileSync } from 'node:fs';
import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ControlEvent, TOPICS } from '@tidewatch/contracts';
import {
  createTestDatabase,
  describeWithKafka,
  type SecureKafka,
  startSecureKafka,
  type TestDatabase,
  waitFor,
} from '@tidewatch/testing';
import { record, text } from '../contract/contract-bench';
import { controlTransport, createControlClient, publishControl } from '../control/control';
import { createMessageLog, ensureTopics } from '../create-message-log';
import type { KafkaLogOptions, KafkaSecurity } from '../options';

const events: ControlEvent[] = [];

@Controller()
class EventsController {
  @EventPattern(TOPICS.control)
  onEvent(@Payload() event: ControlEvent): void {
    events.push(event);
  }
}

@Module({ controllers: [EventsController] })
class EventsModule {}

function controlListener(options: KafkaLogOptions): Promise<INestMicroservice> {
  const silent = { ...controlTransport(options), logger: false } as const;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest types its options as a class, and means a literal
  return NestFactory.createMicroservice<MicroserviceOptions>(EventsModule, silent);
}

/** Where, and how; made when the broker is there. */
type Way = () => { brokers: string; security: KafkaSecurity };

describeWithKafka('Kafka with TLS', () => {
  let kafka: SecureKafka;
  let database: TestDatabase;
  const lines: string[] = [];

  beforeAll(async () => {
    [kafka, database] = await Promise.all([startSecureKafka(), createTestDatabase()]);
  }, 180_000);
  afterAll(async () => {
    await kafka.stop();
    await database.drop();
  });

  function options({ brokers, security }: ReturnType<Way>, instanceId = 'secure'): KafkaLogOptions {
    const say = (line: string): void => void lines.push(line);
    const logger = { log: say, warn: say, error: say };
    const names = { clientId: 'secure-test', instanceId };
    return { driver: 'kafka', brokers: [brokers], pool: database.pool, logger, security, ...names };
  }

  const pem = (file: string): string => readFileSync(file, 'utf8');
  const ca = () => ({ ca: pem(kafka.certificates.ca) });
  const own = () => ({ cert: pem(kafka.certificates.client.cert), key: pem(kafka.certificates.client.key) });
  const login = (mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512', password = kafka.user.password) => ({
    sasl: { mechanism, username: kafka.user.name, password },
  });

  const WAYS: [string, Way][] = [
    ['PLAIN', () => ({ brokers: kafka.withPassword, security: { tls: ca(), ...login('plain') } })],
    [
      'SCRAM-SHA-256',
      () => ({ brokers: kafka.withPassword, security: { tls: ca(), ...login('scram-sha-256') } }),
    ],
    [
      'SCRAM-SHA-512',
      () => ({ brokers: kafka.withPassword, security: { tls: ca(), ...login('scram-sha-512') } }),
    ],
    ['a certificate', () => ({ brokers: kafka.withCertificate, security: { tls: { ...ca(), ...own() } } })],
  ];

  test.each(WAYS)('by %s: topics and their ids, appends, tails and control events', async (name, way) => {
    const topic = `by-${name.toLowerCase().replace(' ', '-')}.v1`;
    const settings = { topics: [topic, TOPICS.control], partitions: 1 };
    expect(await ensureTopics(options(way()), settings)).toHaveLength(2);
    // Identity includes the id of the topic: it has to be the same again.
    expect(await ensureTopics(options(way()), settings)).toMatchObject([{ outcome: 'unchanged' }, {}]);

    const log = createMessageLog(options(way()));
    const seen: string[] = [];
    const tail = log.tail({
      name: 'reader',
      topics: [topic],
      sinceMs: 3_600_000,
      handle: ({ records }) => void seen.push(...records.map(({ value }) => text(value))),
    });
    await tail.start();
    await log.append(topic, [record(0, name)]);
    await waitFor('the record', () => seen.includes(name));
    await tail.stop();
    await log.close();

    const service = await controlListener(options(way(), name));
    await service.listen();
    const client = createControlClient(options(way()));
    await publishControl(client, { kind: 'keys-changed', keyId: name });
    await waitFor('the event', () => events.some((event) => 'keyId' in event && event.keyId === name));
    await Promise.all([client.close(), service.close()]);
  });

  const REFUSALS: [string, Way, RegExp][] = [
    [
      'a wrong password',
      () => ({ brokers: kafka.withPassword, security: { tls: ca(), ...login('scram-sha-512', 'not-it') } }),
      /SCRAM SHA512 authentication failed.*\(check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD\)$/,
    ],
    [
      'another wrong password',
      () => ({ brokers: kafka.withPassword, security: { tls: ca(), ...login('plain', 'not-it') } }),
      /PLAIN authentication failed.*\(check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD\)$/,
    ],
    [
      'no login where one is wanted',
      () => ({ brokers: kafka.withPassword, security: { tls: ca() } }),
      /\(check KAFKA_SASL_MECHANISM: it looks as if the listener wants a login\)$/,
    ],
    [
      'a login where none is known',
      () => ({ brokers: kafka.withCertificate, security: { tls: { ...ca(), ...own() }, ...login('plain') } }),
      /\(check KAFKA_SASL_MECHANISM: it looks as if the listener knows no login\)$/,
    ],
    [
      'a wrong authority',
      () => {
        const tls = { ca: pem(kafka.certificates.strangeCa) };
        return { brokers: kafka.withPassword, security: { tls, ...login('plain') } };
      },
      /unable to verify the first certificate.* \(check KAFKA_TLS_CA\)$/,
    ],
    [
      'the authorities of Node.js',
      () => ({ brokers: kafka.withPassword, security: { tls: {}, ...login('plain') } }),
      /unable to verify the first certificate.* \(check KAFKA_TLS_CA\)$/,
    ],
    [
      'another host than the one in the certificate',
      () => {
        const brokers = kafka.withPassword.replace('localhost', '127.0.0.1');
        return { brokers, security: { tls: ca(), ...login('plain') } };
      },
      /altnames.*\(check KAFKA_BROKERS and the listener's advertised name\)$/,
    ],
    [
      'no certificate where one is wanted',
      () => ({ brokers: kafka.withCertificate, security: { tls: ca() } }),
      /certificate.*\(check KAFKA_TLS_CERT and KAFKA_TLS_KEY\)$/,
    ],
    [
      'no TLS where it is wanted',
      () => ({ brokers: kafka.withPassword, security: login('scram-sha-256') }),
      /\(check KAFKA_TLS: it looks as if the listener wants TLS\)$/,
    ],
    [
      'TLS where there is none',
      () => ({ brokers: kafka.broker.brokers, security: { tls: ca() } }),
      /\(check KAFKA_TLS: it looks as if the listener does not speak TLS\)$/,
    ],
  ];

  test.each(REFUSALS)('%s is told in one line, within seconds', async (_, way, line) => {
    const log = createMessageLog(options(way()));
    const startedAt = Date.now();
    await expect(log.ping()).rejects.toThrow(line);
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    await log.close();
  });

  test('the admin step and a control server say the same', async () => {
    const way: Way = () => ({
      brokers: kafka.withPassword,
      security: { tls: ca(), ...login('plain', 'no') },
    });
    const line = /^Kafka cannot be reached: .*\(check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD\)$/;
    await expect(ensureTopics(options(way()))).rejects.toThrow(line);
    const service = await controlListener(options(way()));
    await expect(service.listen()).rejects.toThrow(line);
  });

  test('no line has a password or a key', () => {
    const said = lines.join('\n');
    expect(said).toContain('authentication failed');
    for (const secret of [kafka.user.password, 'not-it', 'PRIVATE KEY', 'BEGIN CERTIFICATE'])
      expect(said).not.toContain(secret);
  });
});
