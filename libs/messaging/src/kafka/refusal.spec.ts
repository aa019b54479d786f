import { expect, test } from '@jest/globals';
import { LogUnavailableError } from '../port/errors';
import { refusal } from './refusal';

test('what a broker that is down says needs no advice, and the cause is kept', () => {
  const cause = new Error('Connection error: connect ECONNREFUSED 127.0.0.1:9092\n');
  const error = refusal(cause, {});
  expect(error).toBeInstanceOf(LogUnavailableError);
  expect(error.message).toBe(
    'Kafka cannot be reached: Connection error: connect ECONNREFUSED 127.0.0.1:9092',
  );
  expect(error.cause).toBe(cause);
});

test('a connection that is closed in silence means one thing without TLS and another with it', () => {
  const closed = new Error('Closed connection');
  expect(refusal(closed, {}).message).toMatch(/check KAFKA_TLS: /);
  expect(refusal(closed, { ssl: {} }).message).toMatch(/check KAFKA_SASL_MECHANISM: /);
  const sasl = { mechanism: 'plain' as const, username: 'u', password: 'p' };
  expect(refusal(closed, { ssl: {}, sasl }).message).toBe('Kafka cannot be reached: Closed connection');
});
