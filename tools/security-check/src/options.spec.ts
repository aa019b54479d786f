import { expect, test } from '@jest/globals';
import { parseOptions } from './options';

test('looks at everything at hand unless told otherwise', () => {
  expect(parseOptions([], '/project')).toEqual({
    ...{ root: '/project', isJson: false, requireAll: false },
    ...{ url: undefined, manifests: undefined, sarif: undefined },
  });
  expect(parseOptions(['--help'], '/project')).toBeNull();
});

test('takes addresses of a platform only', () => {
  expect(parseOptions(['--url', 'https://plant.example.org'], '/')?.url).toBe('https://plant.example.org');
  const message = '--url takes an address such as http://localhost:8080, not ';
  expect(() => parseOptions(['--url', 'localhost:8080'], '/')).toThrow(`${message}"localhost:8080".`);
  expect(() => parseOptions(['--url', ''], '/')).toThrow(`${message}"".`);
  expect(() => parseOptions(['--nothing'], '/')).toThrow(/--nothing/);
});
