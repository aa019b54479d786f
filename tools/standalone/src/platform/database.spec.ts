import { expect, test } from '@jest/globals';
import { PostgresStartError } from '@tidewatch/testing';
import { startError } from './database';

test.each([
  [
    'initdb failed in /d/postgres. FATAL:  could not write to file: No space left on device\nchild process exited with exit code 1',
    'The disk is full: PostgreSQL has no room in /d/postgres.',
  ],
  ['initdb failed in /d/postgres. one\n  two', 'initdb failed in /d/postgres. one | two'],
])('whatever PostgreSQL says is one line', (message, line) => {
  expect(startError(new PostgresStartError('failed', message), '/d/postgres').message).toBe(line);
});
