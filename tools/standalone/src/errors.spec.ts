import { expect, test } from '@jest/globals';
import { StartError, lastLine } from './errors';

test('a person gets one line, and a fault of ours its stack', () => {
  expect(lastLine(new StartError('Port 1 is in use.'))).toBe('Port 1 is in use.');
  const denied = Object.assign(new Error('EACCES: …'), { code: 'EACCES', path: '/d/logs/standalone.log' });
  expect(lastLine(denied)).toBe('/d/logs/standalone.log cannot be used: no permission to write there.');
  const full = Object.assign(new Error('ENOSPC: …'), { code: 'ENOSPC', path: '/d/secrets/session-key' });
  expect(lastLine(full)).toBe('/d/secrets/session-key cannot be used: the disk is full.');
  expect(lastLine(new TypeError('x is not a function'))).toMatch(
    /^Unexpected: TypeError: x is not a function\n +at /,
  );
  expect(lastLine(undefined)).toBe('Unexpected: undefined');
});
