import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { ForbiddenException, HttpException } from '@nestjs/common';
import { PROBLEM_CODES, ProblemError, problem } from '@tidewatch/contracts';
import { problemOf, toProblemError } from './problem-mapping';

const named = (name: string, extra: object = {}): Error =>
  Object.assign(new Error('inner'), { name, ...extra });
const foreign = (name: string, value: unknown): unknown =>
  runInNewContext('Object.assign(new Error("inner"), { [name]: value })', { name, value });
const coded = (code: string): Error => Object.assign(new Error('inner'), { code });

test.each<[string, unknown, number, string, number?]>([
  ['an overloaded log', named('LogOverloadedError'), 503, 'unavailable', 1],
  ['a log that is away', named('LogUnavailableError'), 503, 'unavailable', 2],
  ['a refused connection', coded('ECONNREFUSED'), 503, 'unavailable', 2],
  ['a server that shuts down', coded('57P01'), 503, 'unavailable', 2],
  ['too many connections', coded('53300'), 503, 'unavailable', 2],
  ['a pool that waits in vain', new Error('timeout exceeded when trying to connect'), 503, 'unavailable', 2],
  ['a statement that took too long', coded('57014'), 503, 'unavailable', 2],
  ['a database that does not answer', new Error('Query read timeout'), 503, 'unavailable', 2],
  ['a refused connection of another realm', foreign('code', 'ECONNREFUSED'), 503, 'unavailable', 2],
  ['a fault of the client of another realm', foreign('statusCode', 413), 413, 'payload-too-large'],
  ['a violated constraint', coded('23505'), 500, 'internal'],
  ['a defect', new TypeError('x is undefined'), 500, 'internal'],
  ['a thrown text', 'text', 500, 'internal'],
  ['a SyntaxError of our own', new SyntaxError('Unexpected token'), 500, 'internal'],
  ['an exception of Nest', new ForbiddenException('no'), 403, 'forbidden'],
  ['an odd client fault', new HttpException('teapot', 418), 418, 'invalid-request'],
  ['an odd server fault', new HttpException('loop', 508), 500, 'internal'],
])('%s', (_name, error, ...[status, code, retryAfterSeconds]) => {
  const mapped = toProblemError(error);
  expect([mapped.status, mapped.code, mapped.extra.retryAfterSeconds]).toEqual([
    status,
    code,
    retryAfterSeconds,
  ]);
  // Nothing of an inner error is shown.
  if (status >= 500) expect(mapped.message).not.toMatch(/inner|undefined|text|token|loop/);
});

test('a problem has the members of RFC 9457, and its request id unless it is a refused credential', () => {
  const errors = [{ pointer: '/a', code: 'x', detail: 'y' }];
  const body = problemOf(new ProblemError(422, PROBLEM_CODES.invalidReadings, 'bad', { errors }), 'id-1');
  expect(problem.parse(body)).toEqual({
    type: 'urn:tidewatch:problem:invalid-readings',
    title: 'Unprocessable Entity',
    status: 422,
    detail: 'bad',
    requestId: 'id-1',
    errors,
  });
  const refused = problemOf(new ProblemError(401, PROBLEM_CODES.unauthenticated, 'no'), 'id-2');
  expect(refused).not.toHaveProperty('requestId');
});
