import { expect, test } from '@jest/globals';
import { tokenOf } from './link-token';

test.each([
  ['#token=abc_-1', 'abc_-1'],
  ['#view=x&token=abc', 'abc'],
  ['#', undefined],
  ['', undefined],
  ['#tokens=abc', undefined],
])('%p holds the token %p', (fragment, token) => expect(tokenOf(fragment)).toBe(token));
