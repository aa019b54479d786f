import { expect, test } from '@jest/globals';
import { AllowedMethods } from './allowed-methods';

const methods = new AllowedMethods();
methods.add('/v1/readings', ['POST']);
methods.add('/v1/series/:id/readings', ['GET']);
methods.add('/v1/series/:id/readings', ['HEAD']);
methods.add('/v1/*', ['DELETE']);

test.each([
  ['/v1/readings', ['POST']],
  ['/v1/series/12/readings', ['GET', 'HEAD']],
  ['/v1/series//readings', []],
  ['/v1/series/12', []],
  ['/v1/other', []],
  ['/', []],
])('%s: %j', (path, expected) => {
  expect(methods.of(path)).toEqual(expected);
});
