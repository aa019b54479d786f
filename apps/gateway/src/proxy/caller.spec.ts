import { expect, test } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { callerReader } from './caller';

const from = (remoteAddress: string, headers: Record<string, string> = {}): IncomingMessage =>
  ({
    socket: { remoteAddress },
    headers: { host: 'tide.example', ...headers },
  }) as unknown as IncomingMessage;
const said = {
  'x-forwarded-for': '6.6.6.6, 203.0.113.7, 10.1.0.2',
  'x-forwarded-host': 'front.example',
  'x-forwarded-proto': 'https',
};

test('a caller that nobody vouches for is who the connection is from', () => {
  expect(callerReader([])(from('::ffff:198.51.100.1', said))).toMatchObject({
    ip: '198.51.100.1',
    host: 'tide.example',
    protocol: 'http',
  });
});

test('behind trusted proxies it is the last address that is none of them', () => {
  expect(callerReader(['10.0.0.0/8', '::1'])(from('10.0.0.1', said))).toMatchObject({
    ip: '203.0.113.7',
    host: 'front.example',
    protocol: 'https',
  });
  expect(callerReader(['::1'])(from('::1'))).toMatchObject({
    ip: '::1',
    host: 'tide.example',
    protocol: 'http',
  });
});

test.each(['unknown', '203.0.113.7:4711', '', '[::1]'])('%j as an address is taken as it is', (text) => {
  const ip = text === '' ? '10.0.0.1' : text;
  expect(callerReader(['10.0.0.0/8'])(from('10.0.0.1', { 'x-forwarded-for': text }))).toMatchObject({ ip });
});
