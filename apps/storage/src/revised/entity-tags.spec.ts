import { expect, test } from '@jest/globals';
import { ProblemError } from '@tidewatch/contracts';
import { isKnown, preconditionsOf, tagOfContent, tagOfRevision } from './entity-tags';

test.each([
  [{}, {}],
  [{ 'if-match': '*' }, { ifMatch: '*' }],
  [{ 'if-match': ' "1" ,"2"' }, { ifMatch: ['1', '2'] }],
  [{ 'if-match': 'W/"1", "2"' }, { ifMatch: ['2'] }],
  [{ 'if-match': '"a,b"' }, { ifMatch: ['a,b'] }],
  [{ 'if-none-match': 'W/"1", "2"' }, { ifNoneMatch: ['1', '2'] }],
  [
    { 'if-none-match': '*', 'if-match': '""' },
    { ifMatch: [''], ifNoneMatch: '*' },
  ],
])('%j', (headers, expected) => expect(preconditionsOf(headers)).toEqual(expected));

test.each(['', '1', '"1', '"1" "2"', '"1",', '"1", *', "'1'", 'w/"1"'])('%s is no list of ETags', (text) => {
  expect(() => preconditionsOf({ 'if-match': text })).toThrow(ProblemError);
  expect(() => isKnown({ 'if-none-match': text }, '"1"')).toThrow(ProblemError);
});

test('an answer is known by its tag, also by a weak one', () => {
  const tag = tagOfRevision('17');
  expect([tag, isKnown({}, tag), isKnown({ 'if-none-match': '"16"' }, tag)]).toEqual(['"17"', false, false]);
  for (const known of ['*', '"17"', '"16", W/"17"'])
    expect(isKnown({ 'if-none-match': known }, tag)).toBe(true);
});

test('content has the same tag as long as it is the same', () => {
  expect(tagOfContent({ a: 1 })).toBe(tagOfContent({ a: 1 }));
  expect(tagOfContent({ a: 1 })).not.toBe(tagOfContent({ a: 2 }));
  expect(tagOfContent([])).toMatch(/^"[\w-]{22}"$/);
});
