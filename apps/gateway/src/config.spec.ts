import { expect, test } from '@jest/globals';
import { parseConfig } from '@tidewatch/service-kit';
import { gateway } from './config';

const withProxies = (TRUSTED_PROXIES: string) =>
  parseConfig(gateway.config, {
    DATABASE_URL: 'postgres://localhost/x',
    SESSION_KEY: 'k'.repeat(32),
    TRUSTED_PROXIES,
  }).TRUSTED_PROXIES;

test('proxies in front are addresses and networks', () => {
  expect(withProxies('')).toEqual([]);
  expect(withProxies('10.0.0.0/8, 127.0.0.1,fd00::/8,')).toEqual(['10.0.0.0/8', '127.0.0.1', 'fd00::/8']);
});

test.each(['loopback', '10.0.0.0/33', '10.0.0', 'fd00::/129', '10.0.0.0/8/8', '10.0.0.0/', 'proxy.example'])(
  '%s is not trusted by mistake',
  (text) => {
    expect(() => withProxies(text)).toThrow(/^TRUSTED_PROXIES must be a list of IP addresses/);
  },
);
