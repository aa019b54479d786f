import { expect, test } from '@jest/globals';
import { FencedError, LogUnavailableError, PoisonRecordError } from '../port/errors';
import { isDataFault } from './data-fault';

const withCode = (code: unknown): Error => Object.assign(new Error('x'), { code });

test.each<[string, unknown]>([
  ['a poison record', new PoisonRecordError(1n, 'bad', 'x')],
  ['a TypeError', new TypeError()],
  ['a RangeError', new RangeError()],
  ['a SyntaxError', new SyntaxError()],
  ['a data exception of SQL', withCode('22P02')],
  ['a violated constraint', withCode('23505')],
])('%s is the fault of the data', (_, error) => {
  expect(isDataFault(error)).toBe(true);
});

test.each<[string, unknown]>([
  ['an unknown error', new Error('x')],
  ['a fence', new FencedError()],
  ['the log', new LogUnavailableError()],
  ['a refused connection', withCode('ECONNREFUSED')],
  ['a missing table', withCode('42P01')],
  ['a shutdown', withCode('57P01')],
  ['a full disk', withCode('53100')],
  ['a code that only begins like one', withCode('22')],
  ['a number', withCode(22012)],
  ['no error at all', 'TypeError'],
  ['nothing', undefined],
])('%s is infrastructure', (_, error) => {
  expect(isDataFault(error)).toBe(false);
});
