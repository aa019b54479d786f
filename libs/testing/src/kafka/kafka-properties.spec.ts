import { expect, test } from '@jest/globals';
import { serverProperties } from './kafka-properties';

const lines = serverProperties({ dataDirectory: '/data', port: 9092, controllerPort: 9093 }).split('\n');

test('every listener is on the loopback address', () => {
  const addresses = lines.filter((line) => line.includes('listeners=') || line.includes('voters='));
  expect(addresses).toEqual([
    'controller.quorum.voters=1@127.0.0.1:9093',
    'listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
    'advertised.listeners=PLAINTEXT://127.0.0.1:9092',
  ]);
});

test('topics are not created by accident unless somebody wants that', () => {
  expect(lines).toContain('auto.create.topics.enable=false');
  const place = { dataDirectory: '/data', port: 9092, controllerPort: 9093, autoCreateTopics: true };
  expect(serverProperties(place)).toContain('auto.create.topics.enable=true');
});
