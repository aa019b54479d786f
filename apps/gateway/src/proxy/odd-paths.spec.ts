import { expect, test } from '@jest/globals';
import { isOddPath } from './odd-paths';

test.each([
  ...['/..', '/../metrics', '/socket.io/../metrics', '/v1/series/./x', '/v1/series/.', '/a/..?b', '/a/..#b'],
  ...['/v1/series/..%2f..%2fmetrics', '/v1/series/%2e%2E/x', '/a/.%2e\\x', '/a\\..\\x', '/a/%2e%5cx'],
  ...['//', '//metrics', '/\\metrics', '\\\\metrics', 'http://host/../metrics'],
  ...['/caf\u00e9', '/a b', '/a\u0000'],
])('%s is odd', (target) => {
  expect(isOddPath(target)).toBe(true);
});

test.each([
  ...['/', '/v1/devices', '/assets/app.1.js', '/.well-known/x', '/a/...', '/a/..b', '/a/b..', '/a?x=/../y'],
  ...['/a?url=//host', '/v1/series/%20', 'http://host/v1/devices'],
])('%s is not', (target) => {
  expect(isOddPath(target)).toBe(false);
});
