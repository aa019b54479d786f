import { describe, expect, test } from '@jest/globals';
import { isOriginAllowed } from './origin';

describe('the origin of a handshake', () => {
  test.each([
    ['our own host', { origin: 'http://tide.example:8080', host: 'tide.example:8080' }, true],
    ['our own host behind TLS', { origin: 'https://tide.example', host: 'tide.example' }, true],
    [
      'our own host behind the proxy',
      { origin: 'https://tide.example', 'x-forwarded-host': 'tide.example', host: '127.0.0.1:8084' },
      true,
    ],
    ['upper case', { origin: 'https://Tide.Example', host: 'tide.example' }, true],
    ['an admitted origin', { origin: 'https://wall.example', host: 'tide.example' }, true],
    ['a foreign page', { origin: 'https://evil.example', host: 'tide.example' }, false],
    ['another port', { origin: 'http://tide.example:9999', host: 'tide.example:8080' }, false],
    ['a suffix', { origin: 'https://nottide.example', host: 'tide.example' }, false],
    ['a sandboxed frame', { origin: 'null', host: 'tide.example' }, false],
    ['rubbish', { origin: 'http://', host: 'tide.example' }, false],
    ['no browser, with a key', { host: 'tide.example' }, true],
    ['no origin, but a cookie', { cookie: 'session=x', host: 'tide.example' }, false],
  ])('%s', (_name, headers, allowed) => {
    expect(isOriginAllowed(headers, ['https://wall.example'])).toBe(allowed);
  });
});
