import { expect, test } from '@jest/globals';
import { isSameOrigin } from './same-origin';

test.each([
  ['GET', {}, true],
  ['HEAD', { 'sec-fetch-site': 'cross-site' }, true],
  ['POST', {}, false],
  ['POST', { origin: 'http://tide.example' }, true],
  ['POST', { origin: 'https://TIDE.example' }, true],
  ['POST', { origin: 'http://tide.example:8080' }, false],
  ['POST', { origin: 'http://evil.example' }, false],
  ['POST', { origin: 'http://tide.example.evil.example' }, false],
  ['POST', { origin: 'null' }, false],
  ['POST', { origin: 'http://front.example', 'x-forwarded-host': 'front.example' }, true],
  ['POST', { origin: 'http://tide.example', 'x-forwarded-host': 'front.example' }, false],
  ['DELETE', { 'sec-fetch-site': 'same-origin' }, true],
  ['DELETE', { 'sec-fetch-site': 'none' }, false],
  ['PUT', { 'sec-fetch-site': 'same-site', origin: 'http://tide.example' }, false],
])('%s with %j: %s', (method, headers, expected) => {
  expect(isSameOrigin(method, { host: 'tide.example', ...headers })).toBe(expected);
});
